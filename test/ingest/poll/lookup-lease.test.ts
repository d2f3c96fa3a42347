/** Two gateways, one broker that both may open: one of them polls, and the other one goes on where it stopped. */
import { describe, expect, it } from "vitest";
import type { Broker } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { createMetricsRegistry } from "../../../src/core/metrics.ts";
import { createPollMetrics } from "../../../src/ingest/poll/metrics.ts";
import { type Poll, startPoll } from "../../../src/ingest/poll/runner.ts";
import { createLookupKit, HOUR_MS, KIT_LIMITS, type LookupKit, MINUTE_MS, NOON } from "../../support/lookup-kit.ts";

/** The poll of one gateway, whose broker can be taken away from it. */
function startGateway(kit: LookupKit, owner: string, broker: Broker): Poll {
  kit.restart(broker);
  const { key, labels, scan } = kit.poll();
  return startPoll(
    { name: "lookupEvents", labels, arns: [], key, pauseMs: MINUTE_MS, scan },
    {
      broker,
      owner,
      clock: kit.time.clock,
      random: () => 0.5,
      wait: kit.time.wait,
      log: () => {},
      metrics: createPollMetrics(createMetricsRegistry()),
    },
  );
}

async function openShared(): Promise<LookupKit> {
  return createLookupKit({
    firstScanMs: 3 * HOUR_MS,
    broker(clock) {
      const broker = createMemoryBroker({ clock, ...KIT_LIMITS });
      return { ...broker, capabilities: { ...broker.capabilities, shared: true } };
    },
  });
}

function pass(kit: LookupKit, ms: number): Promise<void> {
  return kit.time.until(kit.time.wait(ms, new AbortController().signal));
}

describe("two gateways that poll one account and Region", () => {
  it("ask no more than one would, for as long as both live", async () => {
    const kit = await openShared();
    const a = startGateway(kit, "a", kit.broker);
    const b = startGateway(kit, "b", kit.broker);
    await pass(kit, 10 * MINUTE_MS + 500);
    expect([a.status().state, b.status().state].toSorted()).toEqual(["standby", "waiting"]);
    expect(kit.requests).toHaveLength(11);
    await Promise.all([a.stop(), b.stop()]);
  });

  it("when one dies in the midst of a catch-up the other goes on from its checkpoint, each event once", async () => {
    const kit = await openShared();
    const shared = kit.broker;
    const ids = Array.from({ length: 6000 }, (_, n) => kit.history.add(NOON - 2 * HOUR_MS + n * 1000));
    let dead = false;
    let commits = 0;
    let askedByTheDead = 0;
    const never = () => new Promise<never>(() => {});
    const dying: Broker = {
      ...shared,
      getState: (params) => (dead ? never() : shared.getState(params)),
      append(params) {
        if (params.events.length > 0) commits += 1;
        if (commits === 3) {
          dead = true;
          askedByTheDead = kit.requests.length;
        }
        return dead ? never() : shared.append(params);
      },
    };
    startGateway(kit, "a", dying);
    await pass(kit, 1000);
    const b = startGateway(kit, "b", shared);
    await pass(kit, 30_000);
    expect(b.status().state).toBe("standby");
    await pass(kit, 10 * MINUTE_MS);
    expect(dead).toBe(true);
    expect(b.status().state).toBe("waiting");
    expect(await kit.ids()).toEqual(ids);
    // It did not begin again three hours back.
    const others = kit.requests.slice(askedByTheDead);
    expect(Math.min(...others.map(({ fromMs }) => fromMs))).toBeGreaterThan(NOON - 3 * HOUR_MS);
    await b.stop();
  });
});
