import { expect, it } from "vitest";
import { createPendingCounts } from "../../src/runtimes/pending-counts.ts";

it("gives out what was counted once, each set of labels together", () => {
  const counts = createPendingCounts();
  counts.add({ type: "a", outcome: "taken" });
  counts.add({ type: "b", outcome: "taken" }, 3);
  counts.add({ type: "a", outcome: "taken" }, 2);
  const first = { labels: { type: "a", outcome: "taken" }, amount: 3 };
  expect(counts.take()).toEqual([first, { labels: { type: "b", outcome: "taken" }, amount: 3 }]);
  expect(counts.take()).toEqual([]);
});
