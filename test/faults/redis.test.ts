/**
 * What Redis can do to a gateway, each by a real server and the whole process. Through all of it: senders hear 503 with
 * Retry-After soon, the log stays short, everything goes on by itself afterwards, and what was acknowledged is delivered.
 */
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "../support/redis-server.ts";
import { startRedisWithSentinel } from "../support/redis-topology.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { waitUntil } from "../support/wait.ts";

const OUTAGE_MS = 2500;
/** What senders are promised is a second; other tests run beside this one. */
const SOON_MS = 2000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Answer {
  readonly id: string;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly ms: number;
  readonly counts: { readonly accepted?: number; readonly duplicates?: number };
}

interface Stage {
  readonly redis: RedisServer;
  readonly acknowledged: ReadonlySet<string>;
  start(): Promise<void>;
  post(id?: string): Promise<Answer>;
  ready(): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Ids as they were delivered, with repetitions. */
  delivered(): readonly string[];
  /** What the gateway wrote. */
  output(): string;
  lines(): readonly string[];
}

interface StageOptions {
  readonly server?: RedisServerOptions;
  /** Where the gateway looks for Redis, if not at its port. */
  readonly port?: number;
  readonly password?: string;
  /** The `broker` of the configuration, if it is not that server by its URL. */
  readonly broker?: object;
}

async function setUp({ server = {}, port, password, broker }: StageOptions = {}): Promise<Stage> {
  const redis = await startRedisServer({ appendonly: "always", ...server });
  const sink = await startRecordingSink();
  const place = makePlace();
  cleanups.push(redis.remove, sink.close, place.remove);
  const url = `redis://${password === undefined ? "" : `:${password}@`}127.0.0.1:${port ?? redis.port}`;
  const target = `target: { url: "${sink.url}" }, delivery: { timeout: PT1S }`;
  const never = "filters: [{ exact: { type: never } }]";
  place.writeConfig(`
broker: ${JSON.stringify(broker ?? { kind: "redis", url })}
subscriptions: { crm: { ${target} }, audit: { ${never}, ${target} }, third: { ${never}, ${target} } }
`);
  const acknowledged = new Set<string>();
  let gateway: GatewayProcess | undefined;
  const output = () => (gateway?.stdout() ?? "") + (gateway?.stderr() ?? "");
  return {
    redis,
    acknowledged,
    async start() {
      gateway = await place.start();
    },
    async post(id = randomUUID()) {
      const startMs = performance.now();
      const response = await postJson(`${gateway?.url}/ingest/cloudtrail`, { Records: [cloudTrailRecord(id)] });
      const counts = await response.json();
      if (response.status === 202) acknowledged.add(id);
      const retryAfter = response.headers.get("retry-after");
      return { id, status: response.status, retryAfter, ms: performance.now() - startMs, counts };
    },
    async ready() {
      const response = await fetch(`${gateway?.url}/readyz`);
      return { status: response.status, body: await response.json() };
    },
    delivered: () => sink.received.map(({ headers }) => String(headers["webhook-id"])),
    output,
    lines: () => output().split("\n").slice(0, -1),
  };
}

/** Starts, sees one event through, and hands over. */
async function runningStage(options?: StageOptions): Promise<Stage> {
  const stage = await setUp(options);
  await stage.start();
  await waitUntil(async () => (await stage.post()).status === 202, "the first event is taken");
  await waitUntil(() => stage.delivered().length > 0, "the first event is delivered");
  return stage;
}

/** Posts on and on for a while, and judges the answers that are no 202, and the log. */
async function endure(stage: Stage): Promise<readonly Answer[]> {
  const before = stage.lines().length;
  const answers: Answer[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < OUTAGE_MS) {
    answers.push(await stage.post());
    await new Promise((done) => setTimeout(done, 50));
  }
  for (const { status, retryAfter, ms } of answers.filter(({ status }) => status !== 202)) {
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    expect(ms).toBeLessThan(SOON_MS);
  }
  const lines = stage.lines().slice(before);
  const perSecond = (lines.length * 1000) / (performance.now() - startMs);
  expect(perSecond, `log lines:\n${lines.join("\n")}`).toBeLessThan(2);
  return answers;
}

async function expectOutage(stage: Stage): Promise<void> {
  const answers = await endure(stage);
  expect(answers.at(-1)?.status).toBe(503);
  expect((await stage.ready()).status).toBe(503);
}

/** New events are taken, and all that were ever acknowledged are delivered. */
async function expectRecovery(stage: Stage): Promise<void> {
  await waitUntil(async () => (await stage.post()).status === 202, "events are taken again", 45_000);
  await waitUntil(async () => (await stage.ready()).status === 200, "it is ready again", 45_000);
  const missing = () => {
    const came = new Set(stage.delivered());
    return [...stage.acknowledged].filter((id) => !came.has(id));
  };
  await waitUntil(() => missing().length === 0, "all that was acknowledged is delivered", 60_000).catch(() => {});
  expect(missing()).toEqual([]);
}

describe("a gateway whose Redis", { timeout: 120_000 }, () => {
  it("is down at the start: starts, refuses, and begins when Redis comes", async () => {
    const stage = await setUp();
    await stage.redis.kill();
    await stage.start();
    await expectOutage(stage);
    await stage.redis.restart();
    await expectRecovery(stage);
  });

  it("is killed in mid-append, and the answer lost: refuses, and the sender's second try finds one event", async () => {
    const real = await startRedisServer({ appendonly: "always" });
    const proxy = await startTcpProxy(real.port);
    cleanups.push(real.remove, proxy.close);
    const stage = await setUp({ port: proxy.port });
    await stage.start();
    await waitUntil(async () => (await stage.post()).status === 202, "the first event is taken");
    const id = randomUUID();
    proxy.cutAnswerTo(id);
    expect(await stage.post(id)).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    expect(proxy.cuts()).toBe(1);
    await waitUntil(async () => (await stage.post(id)).status === 202, "the sender came again");
    expect((await stage.post(id)).counts).toMatchObject({ accepted: 0, duplicates: 1 });
    await expectRecovery(stage);
    const entries = (await real.command("XRANGE", "triggermesh", "-", "+")) as [string, string[]][];
    expect(entries.filter(([, [, ce = ""]]) => JSON.parse(ce).id === id)).toHaveLength(1);
    expect(stage.delivered().filter((one) => one === id)).toHaveLength(1);
  });

  it("is killed under load and comes back, five times: loses nothing that was acknowledged", async () => {
    const stage = await runningStage();
    let loading = true;
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (loading) if ((await stage.post()).status !== 202) await new Promise((done) => setTimeout(done, 20));
      }),
    );
    for (let cycle = 0; cycle < 5; cycle++) {
      const before = stage.acknowledged.size;
      await waitUntil(() => stage.acknowledged.size > before + 20, "events are taken");
      await stage.redis.kill();
      await stage.redis.restart();
    }
    loading = false;
    await load;
    await expectRecovery(stage);
  });

  it("restarts in good order: goes on", async () => {
    const stage = await runningStage();
    await stage.redis.stop();
    await expectOutage(stage);
    await stage.redis.restart();
    await expectRecovery(stage);
  });

  it("has no memory left (OOM): refuses, goes on delivering, and recovers", async () => {
    const stage = await runningStage();
    await stage.redis.command("CONFIG", "SET", "maxmemory", "100kb");
    const answers = await endure(stage);
    expect(answers.at(-1)).toMatchObject({ status: 503, counts: { code: "broker_full" } });
    expect(await stage.ready()).toMatchObject({ status: 503, body: { reason: "broker_full" } });
    await stage.redis.command("CONFIG", "SET", "maxmemory", "0");
    await expectRecovery(stage);
  });

  it("was demoted to a replica (READONLY): refuses, and recovers", async () => {
    const stage = await runningStage();
    const other = await startRedisServer();
    cleanups.push(other.remove);
    // A primary that is not there: the data stays, and writing is refused.
    await other.kill();
    await stage.redis.command("REPLICAOF", "127.0.0.1", other.port);
    await expectOutage(stage);
    await stage.redis.command("REPLICAOF", "NO", "ONE");
    await expectRecovery(stage);
  });

  it.each([
    ["WRONGPASS", "correct-horse"],
    ["NOAUTH", undefined],
  ])("wants another password (%s): says so without it, and recovers", async (reply, password) => {
    const grant = password === undefined ? "nopass" : `>${password}`;
    const stage = await runningStage({
      server: {
        acl: [`user default on ${grant} ~* &* +@all`, "user admin on >pw ~* &* +@all"],
        admin: { username: "admin", password: "pw" },
      },
      ...(password !== undefined && { password }),
    });
    await stage.redis.command("ACL", "SETUSER", "default", "resetpass", ">battery-staple");
    await stage.redis.command("CLIENT", "KILL", "USER", "default");
    await expectOutage(stage);
    expect(JSON.stringify(await stage.ready())).toContain(reply);
    await stage.redis.command("ACL", "SETUSER", "default", "resetpass", grant);
    await expectRecovery(stage);
    expect(stage.output()).toContain(reply);
    expect(stage.output()).not.toMatch(/horse|staple/);
  });

  it("was emptied (FLUSHALL): tells of it and goes on", async () => {
    const stage = await runningStage();
    await stage.redis.command("FLUSHALL");
    await endure(stage);
    await expectRecovery(stage);
    await waitUntil(() => stage.output().includes("the broker's store was lost"), "it was told");
  });

  it("lost the consumer groups (NOGROUP): makes them anew, and no event is lost", async () => {
    const stage = await runningStage();
    await stage.redis.command("XGROUP", "DESTROY", "triggermesh", "default.crm");
    const answers = await endure(stage);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    await expectRecovery(stage);
    // Settled ones are not delivered again.
    const delivered = stage.delivered();
    expect(delivered.length - new Set(delivered).size).toBeLessThan(5);
  });

  it("is slow (CLIENT PAUSE): refuses soon instead of holding requests, and recovers", async () => {
    const stage = await runningStage();
    await stage.redis.command("CLIENT", "PAUSE", OUTAGE_MS + 1000, "ALL");
    await expectOutage(stage);
    await expectRecovery(stage);
  });

  it("loses its primary (Sentinel): refuses until the replica is promoted, and goes on there", async () => {
    const group = await startRedisWithSentinel({ appendonly: "always" });
    cleanups.push(group.remove);
    const sentinel = { name: group.name, urls: [group.sentinelUrl] };
    const stage = await runningStage({ broker: { kind: "redis", sentinel } });
    await group.waitForSync();
    await group.primary.kill();
    const answers = await endure(stage);
    expect(answers.at(0)?.status).toBe(503);
    await expectRecovery(stage);
    expect(await group.replica.command("XLEN", "triggermesh")).toBeGreaterThan(0);
  });
});
