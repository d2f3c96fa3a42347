import { expect, it } from "vitest";
import { inParallel } from "../../src/core/in-parallel.ts";

it("works on as many items as it may at a time, and gives their results in order", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3, 0], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running -= 1;
    return item * 10;
  });
  expect([results, most]).toEqual([[50, 10, 40, 20, 30, 0], 3]);
  expect(await inParallel([], 3, async () => 1)).toEqual([]);
});

it("rejects as its work does", async () => {
  const work = async (item: number) => {
    if (item === 2) throw new Error("two");
  };
  await expect(inParallel([1, 2, 3], 2, work)).rejects.toThrow("two");
});
