import { describe, expect, it } from "vitest";
import { createTurns } from "../../src/runtimes/turns.ts";

const HOURS = 3_600_000;

describe("turns", () => {
  it("are taken one at a time, in order, also after one that failed", async () => {
    const turns = createTurns(HOURS);
    const seen: string[] = [];
    let open = 0;
    const work = (name: string) => async () => {
      open += 1;
      await new Promise((done) => setTimeout(done, 5));
      seen.push(`${name}${open}`);
      open -= 1;
      if (name === "b") throw new Error("b");
      return name;
    };
    const results = await Promise.allSettled(["a", "b", "c"].map((name) => turns.take(work(name))));
    expect(seen).toEqual(["a1", "b1", "c1"]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await turns.take(async () => "d")).toBe("d");
  });

  it("go on where the work of one ends without a word, though it may end after all", async () => {
    let nowMs = 0;
    const turns = createTurns(HOURS, { afterMs: 60_000, clock: () => nowMs });
    let end = () => {};
    const lost = turns.take(() => new Promise<void>((done) => (end = done)));
    let waited = false;
    const waiting = turns.take(async () => {
      waited = true;
    });
    nowMs = 60_000;
    let endNext = () => {};
    const next = turns.take(() => new Promise<void>((done) => (endNext = done)));
    await new Promise((done) => setTimeout(done, 1));
    end();
    await lost;
    await new Promise((done) => setTimeout(done, 1));
    // It is not its turn any more that ended.
    expect(waited).toBe(false);
    endNext();
    await next;
    await waiting;
    expect(waited).toBe(true);
  });

  it("do not come to who has waited too long, and then to the next", async () => {
    const turns = createTurns(20);
    let end = () => {};
    let begun = 0;
    const first = turns.take(() => new Promise<void>((done) => (end = done)));
    const late = turns.take(async () => begun++);
    expect(await late).toBeUndefined();
    const next = turns.take(async () => "next");
    end();
    await first;
    expect([await next, begun]).toEqual(["next", 0]);
  });
});
