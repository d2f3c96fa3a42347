import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Broker, brokerFailureCode } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { createLease } from "../../src/ingest/lease.ts";
import { newEvent } from "../suites/broker/events.ts";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import { DEFAULT_LIMITS } from "../suites/broker/harness.ts";

let clock: ReturnType<typeof createFakeClock>;
let broker: Broker;

beforeEach(() => {
  clock = createFakeClock();
  broker = createMemoryBroker({ clock: clock.now, ...DEFAULT_LIMITS });
});

afterEach(() => broker.close());

const lease = (owner: string, key = "poll") => createLease({ broker, clock: clock.now, key, owner, leaseMs: 10_000 });

const events = [newEvent("e1")];

describe("a lease", () => {
  it("is one owner's at a time, and each key's its own", async () => {
    expect(await lease("a").hold()).toBe(true);
    expect(await lease("b").hold()).toBe(false);
    expect(await lease("b", "other").hold()).toBe(true);
  });

  it("can be taken when it was not renewed in time", async () => {
    const [a, b] = [lease("a"), lease("b")];
    await a.hold();
    clock.advance(9999);
    expect(await b.hold()).toBe(false);
    clock.advance(1);
    expect(await b.hold()).toBe(true);
    expect(await a.hold()).toBe(false);
  });

  it("is renewed by every hold and every commit", async () => {
    const [a, b] = [lease("a"), lease("b")];
    await a.hold();
    clock.advance(8000);
    expect(await a.hold()).toBe(true);
    clock.advance(8000);
    expect(await a.append({ events })).toEqual(["stored"]);
    clock.advance(8000);
    expect(await b.hold()).toBe(false);
  });

  it("refuses the commit of an owner who lost it, and stores nothing", async () => {
    const [a, b] = [lease("a"), lease("b")];
    await a.hold();
    clock.advance(10_000);
    await b.hold();
    const state = [{ collection: "checkpoints", key: "x", value: "a" }];
    expect(await a.append({ events, state }).catch(brokerFailureCode)).toBe("state_conflict");
    expect(await broker.getState({ collection: "checkpoints", keys: ["x"] })).toEqual([]);
    expect(await b.append({ events, state })).toEqual(["stored"]);
  });

  it("refuses a commit of somebody who never held it, also where nobody does", async () => {
    expect(await lease("a").append({ events }).catch(brokerFailureCode)).toBe("state_conflict");
  });

  it("is free at once when it is released", async () => {
    const [a, b] = [lease("a"), lease("b")];
    await a.hold();
    await a.release();
    expect(await b.hold()).toBe(true);
    expect(await a.append({ events }).catch(brokerFailureCode)).toBe("state_conflict");
    await a.release();
    expect(await lease("c").hold()).toBe(false);
  });

  it("is taken again by the same owner after a commit whose outcome nobody knows", async () => {
    let lost = true;
    const flaky: Broker = {
      ...broker,
      async append(params) {
        const outcomes = await broker.append(params);
        if (!lost) return outcomes;
        lost = false;
        throw new Error("the answer was lost");
      },
    };
    const a = createLease({ broker: flaky, clock: clock.now, key: "poll", owner: "a", leaseMs: 10_000 });
    await expect(a.hold()).rejects.toThrow("lost");
    expect(await a.hold()).toBe(true);
    expect(await a.append({ events })).toEqual(["stored"]);
  });

  it("is anybody's where its entry cannot be read", async () => {
    await broker.append({ events: [], state: [{ collection: "leases", key: "poll", value: "?" }] });
    expect(await lease("a").hold()).toBe(true);
  });
});
