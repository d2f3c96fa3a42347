import { expect } from "vitest";
import type { Broker } from "../../../src/broker/broker.ts";
import type { Bounds } from "../../../src/core/bounds.ts";
import { eventId, eventIds } from "./events.ts";
import type { Scenario } from "./harness.ts";
import { append, claim, claimAll, claimIds, RELEASE, settle, subscribe } from "./steps.ts";

const HOUR = 3_600_000;

async function positionsOf(broker: Broker): Promise<readonly string[]> {
  return (await broker.readLog({ range: {}, limit: 100 })).events.map(({ position }) => position);
}

export function boundsTests(it: Scenario): void {
  it("offers what was stored between two times, which are not part of it", async ({ broker, advance, now }) => {
    const start = now();
    for (const id of eventIds(5)) {
      await append(broker, id);
      await advance(HOUR);
    }
    const cases: readonly (readonly [Bounds, readonly string[]])[] = [
      [{ afterMs: start, beforeMs: start + 3 * HOUR }, ["e2", "e3"]],
      [{ afterMs: start - 1, beforeMs: start + 3 * HOUR + 1 }, ["e1", "e2", "e3", "e4"]],
      [{ afterMs: start + 3 * HOUR }, ["e5"]],
      [{ beforeMs: start + HOUR }, ["e1"]],
      [{ afterMs: start + 9 * HOUR }, []],
      [{ afterMs: start + 2 * HOUR, beforeMs: start + HOUR }, []],
    ];
    for (const [number, [bounds, expected]] of cases.entries()) {
      const subscription = `s${number}`;
      await subscribe(broker, subscription);
      const { deliveries, filtered } = await claimAll(broker, { subscription, bounds });
      expect(deliveries.map(eventId)).toEqual(expected);
      expect(filtered).toBe(5 - expected.length);
    }
  });

  it("offers what stands between two positions by their number", async ({ broker }) => {
    // In one step, so that on Redis they differ in the last number alone, which grows to two digits.
    await append(broker, ...eventIds(25));
    const positions = await positionsOf(broker);
    const [second, ninth, twelfth] = [positions[1], positions[8], positions[11]];
    const cases: readonly (readonly [Bounds, readonly string[]])[] = [
      [{ afterPosition: second, beforePosition: ninth }, ["e3", "e4", "e5", "e6", "e7", "e8"]],
      [{ afterPosition: ninth, beforePosition: twelfth }, ["e10", "e11"]],
      [{ beforePosition: second }, ["e1"]],
      [{ afterPosition: positions[23] }, ["e25"]],
      [{ afterPosition: twelfth, beforePosition: second }, []],
    ];
    for (const [number, [bounds, expected]] of cases.entries()) {
      const subscription = `s${number}`;
      await subscribe(broker, subscription);
      expect((await claimAll(broker, { subscription, bounds, limit: 4 })).deliveries.map(eventId)).toEqual(expected);
    }
  });

  it("offers within bounds what passes the filters, and holds back by key what is within them alone", async ({
    broker,
  }) => {
    await subscribe(broker);
    const keyed = (id: string, type: string) => ({ id, type, partitionKey: "k" });
    await append(broker, keyed("e1", "hit"), keyed("e2", "miss"), keyed("e3", "hit"), keyed("e4", "hit"));
    const params = {
      filters: [{ exact: { type: "hit" } }],
      bounds: { afterPosition: (await positionsOf(broker))[0] },
      ordering: "key" as const,
    };
    expect(await claimIds(broker, params)).toEqual(["e3"]);
    expect(await claimIds(broker, params)).toEqual([]);
  });

  it("does not judge an event by other bounds that passed once, nor one that missed", async ({ broker }) => {
    await subscribe(broker);
    await append(broker, ...eventIds(4));
    const positions = await positionsOf(broker);
    const first = await claim(broker, { bounds: { afterPosition: positions[1] } });
    expect(first.deliveries.map(eventId)).toEqual(["e3", "e4"]);
    await settle(broker, first.deliveries, RELEASE);
    expect(await claimIds(broker, { bounds: { beforePosition: positions[1] } })).toEqual(["e3", "e4"]);
    expect(await claimIds(broker)).toEqual([]);
  });

  it("takes a change of the end for what comes later", async ({ broker, advance, now }) => {
    await subscribe(broker);
    const start = now();
    await append(broker, "early");
    await advance(HOUR);
    expect(await claimIds(broker, { bounds: { beforeMs: start + 1 } })).toEqual(["early"]);
    await append(broker, "late");
    expect(await claimIds(broker, { bounds: { beforeMs: start + 2 * HOUR } })).toEqual(["late"]);
    await advance(2 * HOUR);
    await append(broker, "latest");
    expect((await claim(broker, { bounds: { beforeMs: start + 2 * HOUR } })).filtered).toBe(1);
  });
}
