import { expect, it } from "vitest";
import { mergeMetrics } from "../../src/core/merge-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";

it("has all samples of a metric behind one head, each with whose it is", async () => {
  const [first, second] = [createMetricsRegistry(), createMetricsRegistry()];
  first.counter("a_total", "How many.").add({ road: 'x="y"' }, 2);
  first.gauge("b", "How much.", async () => [{ labels: {}, value: 3 }]);
  second.gauge("b", "How much.", async () => [{ labels: {}, value: 4 }]);
  second.histogram("c_seconds", "How long.", [1]).observe({}, 0.5);
  second.counter("a_total", "How many.").add({ road: "z" });
  const parts = [
    { owner: "one", text: await first.render() },
    { owner: "two.2", text: await second.render() },
  ];
  expect(mergeMetrics("shard", parts)).toBe(`# HELP a_total How many.
# TYPE a_total counter
a_total{shard="one",road="x=\\"y\\""} 2
a_total{shard="two.2",road="z"} 1
# HELP b How much.
# TYPE b gauge
b{shard="one"} 3
b{shard="two.2"} 4
# HELP c_seconds How long.
# TYPE c_seconds histogram
c_seconds_bucket{shard="two.2",le="1"} 1
c_seconds_bucket{shard="two.2",le="+Inf"} 1
c_seconds_sum{shard="two.2"} 0.5
c_seconds_count{shard="two.2"} 1
`);
});
