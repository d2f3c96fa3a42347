import { describe, expect, it } from "vitest";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry, type MetricsRegistry } from "../../src/core/metrics.ts";

async function lines(registry: MetricsRegistry): Promise<readonly string[]> {
  return (await registry.render()).split("\n");
}

describe("counters", () => {
  it("are shown by label with their help, the type and the sum", async () => {
    const registry = createMetricsRegistry();
    const counter = registry.counter("poolcast_x_total", "What it counts.");
    counter.add({ road: "sns" });
    counter.add({ road: "s3" }, 5);
    counter.add({ road: "sns" }, 2);
    expect(await registry.render()).toBe(
      [
        "# HELP poolcast_x_total What it counts.",
        "# TYPE poolcast_x_total counter",
        'poolcast_x_total{road="sns"} 3',
        'poolcast_x_total{road="s3"} 5',
        "",
      ].join("\n"),
    );
  });

  it("without labels have no braces", async () => {
    const registry = createMetricsRegistry();
    registry.counter("x_total", "Help.").add({});
    expect(await lines(registry)).toContain("x_total 1");
  });

  it("escape backslash, quote and line break in label values", async () => {
    const registry = createMetricsRegistry();
    registry.counter("x_total", "Help.").add({ name: 'a\\b"c\nd', other: "{},=" });
    expect(await lines(registry)).toContain(String.raw`x_total{name="a\\b\"c\nd",other="{},="} 1`);
  });

  it("keep label values apart that are called like members of every object", async () => {
    const registry = createMetricsRegistry();
    const counter = registry.counter("x_total", "Help.");
    counter.add({ subscription: "__proto__" });
    counter.add({ subscription: "constructor" });
    expect(await lines(registry)).toEqual(
      expect.arrayContaining(['x_total{subscription="__proto__"} 1', 'x_total{subscription="constructor"} 1']),
    );
  });
});

describe("histograms", () => {
  it("have cumulative buckets that include their bound, +Inf equal to the count, and the sum", async () => {
    const registry = createMetricsRegistry();
    const histogram = registry.histogram("x_seconds", "Help.", [0.1, 1, 10]);
    for (const value of [0.05, 0.1, 0.5, 5, 50]) histogram.observe({ road: "sns" }, value);
    expect(await lines(registry)).toEqual([
      "# HELP x_seconds Help.",
      "# TYPE x_seconds histogram",
      'x_seconds_bucket{road="sns",le="0.1"} 2',
      'x_seconds_bucket{road="sns",le="1"} 3',
      'x_seconds_bucket{road="sns",le="10"} 4',
      'x_seconds_bucket{road="sns",le="+Inf"} 5',
      'x_seconds_sum{road="sns"} 55.65',
      'x_seconds_count{road="sns"} 5',
      "",
    ]);
  });

  it("keep series with different labels apart, and need none", async () => {
    const registry = createMetricsRegistry();
    const histogram = registry.histogram("x_seconds", "Help.", [1]);
    histogram.observe({}, 2);
    histogram.observe({ road: "s3" }, 0.5);
    expect(await lines(registry)).toEqual(
      expect.arrayContaining([
        'x_seconds_bucket{le="1"} 0',
        'x_seconds_bucket{le="+Inf"} 1',
        "x_seconds_count 1",
        'x_seconds_bucket{road="s3",le="1"} 1',
        'x_seconds_count{road="s3"} 1',
      ]),
    );
  });

  it("have buckets from a millisecond to five minutes where none are given", async () => {
    const registry = createMetricsRegistry();
    registry.histogram("x_seconds", "Help.").observe({}, 0);
    const bounds = (await lines(registry)).flatMap((line) => /le="([\d.]+)"/.exec(line)?.[1] ?? []).map(Number);
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
    expect([bounds[0], bounds.at(-1)]).toEqual([0.001, 300]);
  });
});

describe("gauges", () => {
  it("are read at each scrape", async () => {
    const registry = createMetricsRegistry();
    let value = 1;
    registry.gauge("x", "Help.", async () => [{ labels: { subscription: "crm" }, value }]);
    expect(await lines(registry)).toContain('x{subscription="crm"} 1');
    value = 2;
    expect(await lines(registry)).toContain('x{subscription="crm"} 2');
  });

  it("that cannot be read do not hide the other metrics", async () => {
    const registry = createMetricsRegistry();
    registry.counter("x_total", "Help.").add({});
    registry.gauge("broken", "Help.", async () => {
      throw new Error("the broker is away");
    });
    registry.gauge("y", "Help.", async () => [{ labels: {}, value: 7 }]);
    const shown = await lines(registry);
    expect(shown).toEqual(expect.arrayContaining(["x_total 1", "y 7"]));
    expect(shown.filter((line) => line.startsWith("broken"))).toEqual([]);
  });
});

describe("the whole page", () => {
  it("is the text format of Prometheus: each name once, with help and type, ended by a line break", async () => {
    const registry = createMetricsRegistry();
    const { forwards, ...others } = createGatewayMetrics(registry);
    const metrics = [...Object.values(others), ...Object.values(forwards)];
    for (const metric of metrics) {
      if ("add" in metric) metric.add({ road: "sns", reason: "x" });
      else metric.observe({ road: "sns" }, 0.2);
    }
    const page = await registry.render();
    const line =
      /^(# HELP [a-z_]+ [^\n]+|# TYPE [a-z_]+ (counter|histogram)|[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? [\d.]+)\n/;
    let rest = page;
    while (line.test(rest)) rest = rest.replace(line, "");
    expect(rest).toBe("");
    const names = [...page.matchAll(/# TYPE (\S+)/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(metrics.length);
    for (const name of names) expect(name).toMatch(/^poolcast_.*(_total|_seconds|_events)$/);
  });
});

describe("a scope", () => {
  it("goes on counting where an earlier one ended, and takes its gauges with it", async () => {
    const registry = createMetricsRegistry();
    const first = registry.scope();
    first.counter("x_total", "Help.").add({});
    first.histogram("x_seconds", "Help.", [1]).observe({}, 0.5);
    first.gauge("x_size", "Help.", async () => [{ labels: { of: "first" }, value: 1 }]);
    first.close();
    const second = registry.scope();
    second.counter("x_total", "Help.").add({});
    second.histogram("x_seconds", "Help.", [1]).observe({}, 0.5);
    second.gauge("x_size", "Help.", async () => [{ labels: { of: "second" }, value: 2 }]);
    const found = (await lines(registry)).filter((line) => !line.startsWith("#") && line !== "");
    expect(found).toEqual([
      "x_total 2",
      'x_seconds_bucket{le="1"} 2',
      'x_seconds_bucket{le="+Inf"} 2',
      "x_seconds_sum 1",
      "x_seconds_count 2",
      'x_size{of="second"} 2',
    ]);
  });
});
