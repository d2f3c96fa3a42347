/** Which deliveries go together, and when. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/broker/broker.ts";
import { encodeEvent } from "../../src/core/event.ts";
import { type BatchLimits, createBatcher, ONE_BY_ONE } from "../../src/delivery/batcher.ts";
import { eventIds } from "../suites/broker/events.ts";

const LIMITS: BatchLimits = { maxEvents: 3, maxBytes: 10_000, lingerMs: 200 };

/** Its position is the number in its id. */
function delivery(id: string, bytes = 100, token = `t-${id}`): Delivery {
  const bare = encodeEvent({ specversion: "1.0", id, source: "/s", type: "t" }, "json", '""').bytes.length;
  const event = encodeEvent(
    { specversion: "1.0", id, source: "/s", type: "t" },
    "json",
    `"${"x".repeat(Math.max(0, bytes - bare))}"`,
  );
  return { token, position: id.replace(/\D/g, ""), attempt: 1, recordedAtMs: 0, agedFromMs: 0, event };
}

function tokens(batch: readonly Delivery[] | undefined): readonly string[] | undefined {
  return batch?.map(({ token }) => token.replace("t-", ""));
}

function some(...ids: readonly string[]): readonly Delivery[] {
  return ids.map((id) => delivery(id));
}

describe("a batch", () => {
  it("goes at once when it is full, in the order in which its events came", () => {
    const batcher = createBatcher(LIMITS);
    batcher.add(some("e1", "e2"), 0);
    expect(batcher.take(0)).toBeUndefined();
    batcher.add(some("e3", "e4"), 10);
    expect(tokens(batcher.take(10))).toEqual(["e1", "e2", "e3"]);
    expect(batcher.take(10)).toBeUndefined();
    expect(batcher.size()).toBe(1);
  });

  it("goes when its first event has waited, and says when that is", () => {
    const batcher = createBatcher(LIMITS);
    expect(batcher.dueAtMs()).toBeNull();
    batcher.add(some("e1"), 1000);
    batcher.add(some("e2"), 1150);
    expect(batcher.dueAtMs()).toBe(1200);
    expect(batcher.take(1199)).toBeUndefined();
    expect(tokens(batcher.take(1200))).toEqual(["e1", "e2"]);
    expect(batcher.dueAtMs()).toBeNull();
  });

  it("goes also where the clock went back", () => {
    const batcher = createBatcher(LIMITS);
    batcher.add(some("e1"), 1000);
    expect(tokens(batcher.take(500))).toEqual(["e1"]);
  });

  it("holds as many bytes as allowed, brackets and commas included, and is then full", () => {
    const exactly = 2 + 100 + 1 + 100;
    for (const [maxBytes, wanted] of [
      [exactly, ["e1", "e2"]],
      [exactly - 1, ["e1"]],
    ] as const) {
      const batcher = createBatcher({ ...LIMITS, maxBytes });
      batcher.add([delivery("e1"), delivery("e2"), delivery("e3")], 0);
      expect(tokens(batcher.take(0))).toEqual(wanted);
    }
  });

  it("lets an event that is too large for any go alone and at once, and sends what came before it first", () => {
    const batcher = createBatcher({ ...LIMITS, maxBytes: 500 });
    batcher.add([delivery("e1"), delivery("e2", 900), delivery("e3")], 0);
    expect(tokens(batcher.take(0))).toEqual(["e1"]);
    expect(tokens(batcher.take(0))).toEqual(["e2"]);
    expect(batcher.take(0)).toBeUndefined();
  });

  it("never holds an event twice: who is offered anew takes his own place", () => {
    const batcher = createBatcher(LIMITS);
    batcher.add(some("e1", "e2"), 0);
    batcher.add([delivery("e1", 100, "t-again")], 50);
    expect(batcher.size()).toBe(2);
    expect(tokens(batcher.take(1000))).toEqual(["again", "e2"]);
  });

  it("of one event each is what a target without batches gets", () => {
    const batcher = createBatcher(ONE_BY_ONE);
    batcher.add(some("e1", "e2"), 0);
    expect([tokens(batcher.take(0)), tokens(batcher.take(0)), batcher.take(0)]).toEqual([["e1"], ["e2"], undefined]);
  });
});

describe("those that were together", () => {
  it("go together again as soon as all are back, and with nobody else", () => {
    const batcher = createBatcher(LIMITS);
    batcher.reunite(some("e1", "e2"));
    batcher.add(some("e2", "e3"), 0);
    expect(batcher.take(0)).toBeUndefined();
    batcher.add(some("e4", "e1"), 10);
    expect(tokens(batcher.take(10))).toEqual(["e2", "e1"]);
    expect(tokens(batcher.take(200))).toEqual(["e3", "e4"]);
  });

  it("wait for those that are missing no longer than any other, who then come after them", () => {
    const batcher = createBatcher(LIMITS);
    batcher.reunite(some("e1", "e2", "e3"));
    batcher.add(some("e1", "e3"), 0);
    expect(batcher.dueAtMs()).toBe(200);
    expect(tokens(batcher.take(200))).toEqual(["e1", "e3"]);
    batcher.add(some("e2", "e9"), 300);
    expect(tokens(batcher.take(300))).toEqual(["e2"]);
    expect(batcher.size()).toBe(1);
  });

  it("are still together after all were given back meanwhile", () => {
    const batcher = createBatcher(LIMITS);
    batcher.reunite(some("e1", "e2"));
    batcher.add(some("e1", "e5"), 0);
    expect(tokens(batcher.clear())?.toSorted()).toEqual(["e1", "e5"]);
    expect([batcher.size(), batcher.dueAtMs()]).toEqual([0, null]);
    batcher.add(some("e1", "e2", "e5"), 10);
    expect(tokens(batcher.take(10))).toEqual(["e1", "e2"]);
  });

  it("are in the last group that was made of them", () => {
    const batcher = createBatcher(LIMITS);
    batcher.reunite(some("e1", "e2", "e3"));
    batcher.reunite(some("e1"));
    batcher.add(some("e1", "e2", "e3"), 0);
    expect([tokens(batcher.take(0)), tokens(batcher.take(0))]).toEqual([["e1"], ["e2", "e3"]]);
  });

  it("are forgotten, the oldest first, when there are very many: those go with others then", () => {
    const batcher = createBatcher(LIMITS);
    batcher.reunite(some("e1", "e2"));
    for (const id of eventIds(19_999, "f")) batcher.reunite([delivery(`${id}00`)]);
    batcher.add(some("e2"), 0);
    expect(tokens(batcher.take(0))).toEqual(["e2"]);
    batcher.add(some("e1"), 0);
    expect(batcher.take(0)).toBeUndefined();
  });
});

it("guesses how many events a request holds: few before any was seen, then by their size", () => {
  const batcher = createBatcher({ maxEvents: 100, maxBytes: 262_144, lingerMs: 0 });
  expect(batcher.usualEvents()).toBe(4);
  batcher.add([delivery("e1", 1000)], 0);
  batcher.add([delivery("e2", 1000)], 0);
  expect(batcher.usualEvents()).toBe(100);
  batcher.add([delivery("e3", 100_000)], 0);
  expect(batcher.usualEvents()).toBe(2);
  batcher.add([delivery("e4", 1_000_000)], 0);
  expect(batcher.usualEvents()).toBe(1);
});

it("keeps every limit and loses nobody, whatever comes in whatever order", () => {
  const step = fc.oneof(
    fc.record({ add: fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 400 }))) }),
    fc.record({ wait: fc.nat(300) }),
    fc.record({ back: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (steps, maxEvents) => {
      const limits = { maxEvents, maxBytes: 700, lingerMs: 100 };
      const batcher = createBatcher(limits);
      const here = new Map<string, { readonly delivery: Delivery; readonly atMs: number }>();
      let last: readonly Delivery[] = [];
      let nowMs = 0;
      for (const one of steps) {
        if ("wait" in one) nowMs += one.wait;
        else if ("back" in one) batcher.reunite(last);
        else {
          const added = one.add.map(([number, bytes]) => delivery(`e${number}`, bytes));
          batcher.add(added, nowMs);
          for (const each of added) here.set(each.position, { delivery: each, atMs: nowMs });
        }
        for (let batch = batcher.take(nowMs); batch; batch = batcher.take(nowMs)) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxEvents);
          const bytes = batch.reduce((sum, { event }) => sum + event.bytes.length + 1, 1);
          if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(700);
          for (const each of batch) {
            expect(here.get(each.position)?.delivery).toBe(each);
            here.delete(each.position);
          }
          last = batch;
        }
        expect(batcher.size()).toBe(here.size);
        for (const { atMs } of here.values()) expect(nowMs - atMs).toBeLessThan(100);
      }
      expect(new Set(batcher.clear())).toEqual(new Set([...here.values()].map((each) => each.delivery)));
    }),
  );
});
