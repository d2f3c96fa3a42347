import { afterAll, beforeAll, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { eventId, eventIds, newEvent } from "../suites/broker/events.ts";
import { openTestRedisBroker } from "../support/redis-broker.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-topology.ts";
import { waitUntil } from "../support/wait.ts";

const STREAM = "events";
const SUBSCRIPTION = "crm";
let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.remove());

it("refuses what it cannot do while its slot moves to another node, and has everything there afterwards", async () => {
  const broker = openTestRedisBroker({ config: { clusterUrls: cluster.urls }, clock: Date.now, stream: STREAM });
  await broker.ensureSubscription({ subscription: SUBSCRIPTION, start: "earliest" });
  const before = eventIds(50, "before");
  await broker.append({ events: before.map(newEvent) });
  const [first] = await claim(broker, 1);

  const target = (await Promise.all(cluster.nodes.map(async (node) => [node, await owns(node)] as const))).find(
    ([, isOwner]) => !isOwner,
  )?.[0];
  if (!target || !first) throw new Error("nothing to move");
  await cluster.beginMove(STREAM, target);
  // One by one, as they would be in the middle of it.
  const owner = await cluster.ownerOf(STREAM);
  const slot = Number(await owner.command("CLUSTER", "KEYSLOT", STREAM));
  const keys = (await owner.command("CLUSTER", "GETKEYSINSLOT", slot, 100)) as string[];
  const stored: string[] = [];
  for (const [at, key] of keys.entries()) {
    await owner.command("MIGRATE", "127.0.0.1", target.port, key, 0, 5000);
    const id = `during-${at}`;
    const outcome = await broker.append({ events: [newEvent(id)] }).then(
      () => "stored",
      ({ code }) => code,
    );
    expect(["stored", "broker_unavailable"]).toContain(outcome);
    if (outcome === "stored") stored.push(id);
  }
  await cluster.finishMove(STREAM, target);
  await waitUntil(() => broker.check().then(({ writable }) => writable), "it is writable there");

  // What was refused has left no trace by which it would be taken for a duplicate.
  const again = keys.map((_, at) => `during-${at}`).filter((id) => !stored.includes(id));
  expect(await broker.append({ events: again.map(newEvent) })).toEqual(again.map(() => "stored"));
  expect(await broker.append({ events: before.map(newEvent) })).toEqual(before.map(() => "duplicate"));
  const settled = await broker.settle({
    subscription: SUBSCRIPTION,
    settlements: [{ token: first.token, verdict: { kind: "delivered" } }],
  });
  expect(settled).toEqual(["ok"]);
  const rest = await claim(broker, 1000);
  expect(new Set(rest.map(eventId))).toEqual(new Set([...before.slice(1), ...stored, ...again]));
  await broker.close();

  async function owns(node: (typeof cluster.nodes)[number]): Promise<boolean> {
    return node === (await cluster.ownerOf(STREAM));
  }
});

async function claim(broker: Broker, limit: number) {
  const { deliveries } = await broker.claim({
    subscription: SUBSCRIPTION,
    filters: [],
    limit,
    leaseMs: 600_000,
    ordering: "none",
  });
  return deliveries;
}
