import { expect } from "vitest";
import type { Broker, Delivery } from "../../../src/broker/broker.ts";
import { eventId } from "./events.ts";
import type { Scenario, Stage } from "./harness.ts";
import {
  append,
  claim,
  claimAll,
  claimOne,
  createTurnLimit,
  DELIVERED,
  settle,
  subscribe,
  subscribeAndAppend,
} from "./steps.ts";

const BATCHES = 50;
const BATCH = 4;

function batch(number: number): { id: string; partitionKey: string }[] {
  return Array.from({ length: BATCH }, (_, at) => ({ id: `${number}-${at}`, partitionKey: `k${number % 5}` }));
}

const ALL_IDS = Array.from({ length: BATCHES }, (_, number) => batch(number).map(({ id }) => id)).flat();

/** Appends through all handles at once while all of them claim and settle; what was claimed, in the order it came. */
async function appendAndClaim(handles: readonly Broker[], ordering: "none" | "key"): Promise<Delivery[]> {
  const claimed: Delivery[] = [];
  let appending = true;
  const claimers = [...handles, ...handles].map(async (broker) => {
    const turn = createTurnLimit(100_000);
    for (;;) {
      turn();
      const last = !appending;
      const { deliveries, more } = await claim(broker, { limit: 7, ordering });
      claimed.push(...deliveries);
      const outcomes = await settle(broker, deliveries, DELIVERED);
      expect(outcomes).toEqual(deliveries.map(() => "ok"));
      if (last && !more && deliveries.length === 0) return;
    }
  });
  const appends = Array.from({ length: BATCHES }, (_, number) => {
    const broker = handles[number % handles.length];
    return broker === undefined ? [] : append(broker, ...batch(number));
  });
  await Promise.all(appends);
  appending = false;
  await Promise.all(claimers);
  // With an order by key, a claimer can stop while another holds the event that the next one waits for.
  for (const broker of handles) {
    const turn = createTurnLimit();
    for (;;) {
      turn();
      const { deliveries } = await claimAll(broker, { limit: 7, ordering });
      if (deliveries.length === 0) break;
      claimed.push(...deliveries);
      await settle(broker, deliveries, DELIVERED);
    }
  }
  return claimed;
}

function expectEachOnce(claimed: readonly Delivery[]): void {
  expect(claimed.map(eventId).sort()).toEqual([...ALL_IDS].sort());
  expect(claimed.every((one) => one.attempt === 1)).toBe(true);
}

async function handlesOf({ broker, second }: Stage): Promise<readonly Broker[]> {
  return [broker, await second()];
}

export function concurrencyTests(it: Scenario): void {
  it("loses no event and offers none twice while many append and claim at once", async ({ broker }) => {
    await subscribe(broker);
    expectEachOnce(await appendAndClaim([broker], "none"));
  });

  it("offers each event once, one of a key at a time, while many append and claim at once", async ({ broker }) => {
    await subscribe(broker);
    expectEachOnce(await appendAndClaim([broker], "key"));
  });

  it("keeps the order within each of many batches appended at once", async ({ broker }) => {
    await subscribe(broker);
    const numbers = Array.from({ length: BATCHES }, (_, number) => number);
    const outcomes = await Promise.all(numbers.map((number) => append(broker, ...batch(number))));
    expect(outcomes.flat()).toEqual(ALL_IDS.map(() => "stored"));
    const ids = (await claimAll(broker, { limit: 1000 })).deliveries.map(eventId);
    for (const number of numbers) {
      expect(ids.filter((id) => id.startsWith(`${number}-`))).toEqual(batch(number).map(({ id }) => id));
    }
  });

  it("stores one of many events with the same dedupe key appended at once", async ({ broker }) => {
    await subscribe(broker);
    const sketches = Array.from({ length: 20 }, (_, at) => ({ id: `e${at}`, dedupeKey: "k" }));
    const outcomes = await Promise.all(sketches.map((sketch) => append(broker, sketch)));
    expect(outcomes.flat().filter((outcome) => outcome === "stored")).toHaveLength(1);
    expect((await claimAll(broker)).deliveries).toHaveLength(1);
  });

  it("answers ok to one of many settlements of a token made at once", async ({ broker }) => {
    await subscribeAndAppend(broker, "a");
    const delivery = await claimOne(broker);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => settle(broker, [delivery], DELIVERED)));
    expect(outcomes.flat().sort()).toEqual(["ok", ...Array.from({ length: 9 }, () => "stale")]);
  });

  it("gives an event to one of many claims made at once", async ({ broker }) => {
    await subscribeAndAppend(broker, "a", "b", "c");
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim(broker, { limit: 1 })));
    expect(claims.flatMap(({ deliveries }) => deliveries.map(eventId)).sort()).toEqual(["a", "b", "c"]);
  });

  it(
    "shows one handle what another appended, leased and settled",
    async ({ broker, second }) => {
      const other = await second();
      await subscribe(broker);
      await append(other, "a", "b");
      expect(await append(broker, "a")).toEqual(["duplicate"]);
      const delivery = await claimOne(broker);
      expect(eventId(delivery)).toBe("a");
      expect((await claim(other)).deliveries.map(eventId)).toEqual(["b"]);
      expect(await settle(other, [delivery], DELIVERED)).toEqual(["ok"]);
      expect(await settle(broker, [delivery], DELIVERED)).toEqual(["stale"]);
    },
    { needs: "shared" },
  );

  it(
    "loses no event and offers none twice over two handles",
    async (stage) => {
      await subscribe(stage.broker);
      expectEachOnce(await appendAndClaim(await handlesOf(stage), "none"));
    },
    { needs: "shared" },
  );

  it(
    "offers each event once, one of a key at a time, over two handles",
    async (stage) => {
      await subscribe(stage.broker);
      expectEachOnce(await appendAndClaim(await handlesOf(stage), "key"));
    },
    { needs: "shared" },
  );
}
