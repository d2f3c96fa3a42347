/** Three gateways on one Redis, killed one after another under load, until one is left. */
import { afterEach, expect, it } from "vitest";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { type RecordingSink, startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { waitUntil } from "../support/wait.ts";

const KEYS = 12;
/** Of a delivery: twice the timeout of one try, and 30 s. */
const LEASE_MS = 2 * 1000 + 30_000;
const SLACK_MS = 10_000;
const SINK_MS = 40;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Seen {
  readonly id: string;
  readonly atMs: number;
}

interface Target {
  readonly sink: RecordingSink;
  readonly seen: readonly Seen[];
}

it("delivers every acknowledged event, each key in order, and takes over within the lease time", {
  timeout: 120_000,
}, async () => {
  const redis = await startRedisServer({ appendonly: "always" });
  cleanups.push(redis.remove);
  const [ordered, unordered] = [await startSlowSink(), await startSlowSink()];
  const place = makePlace();
  cleanups.push(place.remove);
  const delivery = "timeout: PT1S, concurrency: 8";
  place.writeConfig(`
broker: { kind: redis, url: "${redis.url}" }
subscriptions:
  ordered: { target: { url: "${ordered.sink.url}" }, delivery: { ${delivery}, ordering: key } }
  unordered: { target: { url: "${unordered.sink.url}" }, delivery: { ${delivery} } }
`);
  const gateways = await Promise.all([place.start(), place.start(), place.start()]);
  const alive = [...gateways];

  const acknowledged: string[] = [];
  const answeredBy = new Set<GatewayProcess>();
  let loading = true;
  // One writer a key, who posts the next event only when the one before was acknowledged: so the log has its order.
  const writers = Array.from({ length: KEYS }, async (_, key) => {
    for (let number = 0; loading; number++) {
      const id = `${key}-${number}`;
      const record = cloudTrailRecord(id, { additionalEventData: { sub: `user-${key}` } });
      for (let tries = 0; ; tries++) {
        const gateway = alive[(key + number + tries) % alive.length];
        if (gateway && (await take(gateway, record))) {
          answeredBy.add(gateway);
          break;
        }
      }
      acknowledged.push(id);
    }
  });

  const killsMs: number[] = [];
  for (const victim of gateways.slice(0, 2)) {
    const before = acknowledged.length;
    await waitUntil(() => acknowledged.length > before + 150, "there is load");
    await waitUntil(async () => (await leased(gateways[2])) > 8, "others hold leases too");
    alive.shift();
    expect(await victim.kill("SIGKILL")).toBe("SIGKILL");
    killsMs.push(performance.now());
  }
  const before = acknowledged.length;
  await waitUntil(() => acknowledged.length > before + 100, "the last one takes it all");
  loading = false;
  await Promise.all(writers);
  expect(answeredBy.size).toBe(3);

  const missing = ({ seen }: Target) => {
    const came = new Set(seen.map(({ id }) => id));
    return acknowledged.filter((id) => !came.has(id));
  };
  const lastKillMs = killsMs.at(-1) ?? 0;
  await waitUntil(
    () => missing(ordered).length + missing(unordered).length === 0,
    "all is delivered",
    LEASE_MS + SLACK_MS + 20_000,
  ).catch(() => {});
  expect(missing(unordered)).toEqual([]);
  expect(missing(ordered)).toEqual([]);

  const lastMs = Math.max(...[...ordered.seen, ...unordered.seen].map(({ atMs }) => atMs));
  // The last to come were in the hands of a gateway that died: nobody else may have them before their leases end.
  expect(lastMs - lastKillMs).toBeGreaterThan(LEASE_MS / 2);
  expect(lastMs - lastKillMs).toBeLessThan(LEASE_MS + SLACK_MS);
  for (let key = 0; key < KEYS; key++) {
    const numbers = ordered.seen
      .filter(({ id }) => id.startsWith(`${key}-`))
      .map(({ id }) => Number(id.slice(id.indexOf("-") + 1)));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  }
});

async function startSlowSink(): Promise<Target> {
  const seen: Seen[] = [];
  const sink = await startRecordingSink(async ({ headers }) => {
    seen.push({ id: String(headers["webhook-id"]), atMs: performance.now() });
    await new Promise((done) => setTimeout(done, SINK_MS));
    return 204;
  });
  cleanups.push(sink.close);
  return { sink, seen };
}

async function take({ url }: GatewayProcess, record: Record<string, unknown>): Promise<boolean> {
  try {
    const response = await postJson(`${url}/ingest/cloudtrail`, { Records: [record] });
    await response.body?.cancel();
    return response.status === 202;
  } catch {
    return false;
  }
}

async function leased(gateway: GatewayProcess | undefined): Promise<number> {
  const response = await fetch(`${gateway?.url}/readyz`);
  const { subscriptions = [] } = (await response.json()) as { subscriptions?: { leased: number }[] };
  return subscriptions.reduce((sum, one) => sum + one.leased, 0);
}
