import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Broker, BrokerFailure } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { decodeAttributes } from "../../../src/core/event.ts";
import { createGatewayMetrics } from "../../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../../src/core/metrics.ts";
import { createIngest } from "../../../src/ingest/ingest.ts";
import { type FileFetcher, startFileFetcher } from "../../../src/ingest/s3/fetcher.ts";
import { createFileQueue } from "../../../src/ingest/s3/queue.ts";
import { READ_LIMITS } from "../../../src/ingest/s3/read-file.ts";
import { summarizeFiles } from "../../../src/ingest/s3/summary.ts";
import { FILES } from "../../../src/ingest/s3/work.ts";
import { sha256 } from "../../../src/runtimes/hashing.ts";
import { unpack } from "../../../src/runtimes/unpack.ts";
import { createFakeClock } from "../../suites/broker/fake-clock.ts";
import { DAY, DEFAULT_LIMITS, HOUR, SECOND } from "../../suites/broker/harness.ts";
import { cloudTrailRecord } from "../../support/records.ts";
import {
  answerError,
  breakOff,
  S3_CREDENTIALS,
  type S3Server,
  s3Store,
  startS3Server,
} from "../../support/s3-server.ts";
import { openOwnSqliteBroker } from "../../support/sqlite-broker.ts";
import { waitUntil } from "../../support/wait.ts";

type FakeClock = ReturnType<typeof createFakeClock>;

const BROKERS: Readonly<Record<string, (clock: FakeClock) => { broker: Broker; remove(): Promise<void> }>> = {
  memory(clock) {
    const broker = createMemoryBroker({ clock: clock.now, ...DEFAULT_LIMITS });
    return { broker, remove: () => broker.close() };
  },
  sqlite: (clock) => openOwnSqliteBroker({ clock: clock.now }),
};

const packed = (...ids: readonly string[]) =>
  gzipSync(JSON.stringify({ Records: ids.map((id) => cloudTrailRecord(id)) }));
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `r${n}`);

describe.each(Object.entries(BROKERS))("the fetcher on %s", (_kind, open) => {
  let clock: FakeClock;
  let s3: S3Server;
  let broker: Broker;
  let remove: () => Promise<void>;
  let logged: string;
  let registry: ReturnType<typeof createMetricsRegistry>;
  const fetchers: FileFetcher[] = [];

  beforeEach(async () => {
    clock = createFakeClock();
    s3 = await startS3Server();
    ({ broker, remove } = open(clock));
    registry = createMetricsRegistry();
    logged = "";
    await broker.ensureSubscription({ subscription: "all", start: "earliest" });
  });
  afterEach(async () => {
    await Promise.all(fetchers.splice(0).map((fetcher) => fetcher.stop()));
    await remove();
    await s3.close();
  });

  function ingestOn(on: Broker) {
    const metrics = createGatewayMetrics(registry);
    const log = (level: string, message: string, fields?: object) => {
      logged += `${JSON.stringify({ level, message, ...fields })}\n`;
    };
    const queue = createFileQueue({ broker: on, clock: clock.now, buckets: ["trail"], onQueued() {} });
    const ingest = createIngest({
      broker: on,
      clock: clock.now,
      sha256,
      metrics,
      log,
      includeReads: false,
      pools: new Map(),
      onlyConfiguredPools: false,
      files: queue,
    });
    return { ingest, metrics, log };
  }

  function start(on: Broker = broker): FileFetcher {
    const store = s3Store(s3.url);
    const { ingest, metrics, log } = ingestOn(on);
    const random = () => 1;
    const parts = { store, unpack, broker: on, ingest, clock: clock.now, random, metrics, log, limits: READ_LIMITS };
    const fetcher = startFileFetcher(parts);
    fetchers.push(fetcher);
    return fetcher;
  }

  async function queue(...keys: readonly string[]): Promise<unknown> {
    const found = keys.map((key) => ({ kind: "file" as const, file: { bucket: "trail", key } }));
    const result = await ingestOn(broker).ingest.records(found, { road: "sns" });
    return result.ok ? result.value : result.error;
  }

  async function events(): Promise<readonly Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    const ask = { subscription: "all", limit: 10_000, leaseMs: 1000, ordering: "none" } as const;
    // The second asks for what poolcast tells of itself.
    const filters = [{ any: [{ prefix: { type: "com." } }, { prefix: { type: "dev.poolcast." } }] }];
    for (;;) {
      const { deliveries, more } = await broker.claim({ ...ask, filters });
      for (const { event } of deliveries) found.push({ ...decodeAttributes(event) });
      if (!more) return found;
    }
  }

  const ids = async () => (await events()).map(({ id }) => id);
  const waiting = async () => (await summarizeFiles(broker)).waiting;
  const drained = () => waitUntil(async () => (await waiting()) === 0, "all files were fetched");
  const asked = (key: string) => s3.asked().filter((one) => one === `trail/${key}`).length;
  const askedFor = (key: string, times: number) => waitUntil(() => asked(key) >= times, `${key} was asked for again`);

  /** Lets the time pass and the fetcher look, until the condition holds. */
  async function pass(
    fetcher: FileFetcher,
    stepMs: number,
    condition: () => boolean | Promise<boolean>,
  ): Promise<void> {
    await waitUntil(async () => {
      if (await condition()) return true;
      clock.advance(stepMs);
      fetcher.wake();
      return false;
    }, "it came about");
  }

  it("commits every record of the files that wait, and ends the work", async () => {
    for (const key of ["a", "b", "c", "d", "e", "f"]) s3.put("trail", key, packed(`${key}1`, `${key}2`));
    expect(await queue("a", "b", "c", "d", "e", "f")).toEqual({ accepted: 0, duplicates: 0, ignored: 0, queued: 6 });
    start();
    await drained();
    expect(await ids()).toHaveLength(12);
    expect(new Set(s3.asked()).size).toBe(6);
    const metrics = await registry.render();
    expect(metrics).toContain('poolcast_ingest_accepted_total{road="s3"} ');
    expect(metrics).toContain('poolcast_files_queued_total{road="sns"} 6');
    expect(metrics).toMatch(/poolcast_files_fetched_total 6/);
  });

  it("does not fetch twice what is queued twice, and does after it was done", async () => {
    s3.put("trail", "a", packed("1"));
    const answers = await Promise.all([queue("a", "a"), queue("a"), queue("a")]);
    expect(answers).toEqual([1, 1, 1].map((queued) => ({ accepted: 0, duplicates: 0, ignored: 0, queued })));
    expect(await waiting()).toBe(1);
    const fetcher = start();
    await drained();
    expect(asked("a")).toBe(1);
    await queue("a");
    fetcher.wake();
    await drained();
    expect([asked("a"), await ids()]).toEqual([2, ["1"]]);
  });

  it("fetches again what was written anew while it waited or was read", async () => {
    s3.put("trail", "a", packed("old"));
    const file = { bucket: "trail", key: "a" };
    const found = (etag: string) => [{ kind: "file" as const, file: { ...file, etag } }];
    const { ingest } = ingestOn(broker);
    await ingest.records(found("e1"), { road: "sns" });
    await ingest.records(found("e2"), { road: "sns" });
    await ingest.records(found("e2"), { road: "sns" });
    expect(await waiting()).toBe(2);
  });

  it("asks for the version that the notice was about", async () => {
    s3.put("trail", "a", packed("old"), { versionId: "v1" });
    s3.put("trail", "a", packed("new"), { versionId: "v2" });
    const found = [{ kind: "file" as const, file: { bucket: "trail", key: "a", versionId: "v1" } }];
    await ingestOn(broker).ingest.records(found, { road: "sns" });
    start();
    await drained();
    expect(await ids()).toEqual(["old"]);
  });

  it("never follows a notice that lies in a file", async () => {
    s3.put("trail", "a", JSON.stringify([{ s3Bucket: "trail", s3ObjectKey: ["a", "b"] }, cloudTrailRecord("1")]));
    await queue("a");
    start();
    await drained();
    expect([await ids(), s3.asked()]).toEqual([["1"], ["trail/a"]]);
  });

  it("goes on with the others while one fails, and with that one when it is mended", async () => {
    s3.put("trail", "ok", packed("1"));
    s3.put("trail", "later", packed("2"));
    s3.behave("trail", "later", (response) => answerError(response, 403, "AccessDenied"));
    await queue("later", "ok");
    const fetcher = start();
    await waitUntil(async () => (await waiting()) === 1 && (await summarizeFiles(broker)).failing === 1, "one is left");
    expect(await summarizeFiles(broker)).toEqual({
      waiting: 1,
      failing: 1,
      oldestMs: clock.now(),
      reasons: { AccessDenied: 1 },
    });
    fetcher.wake();
    expect(asked("later")).toBe(1);
    clock.advance(30 * SECOND);
    fetcher.wake();
    await askedFor("later", 2);
    s3.behave("trail", "later", undefined);
    await pass(fetcher, 60 * SECOND, async () => (await waiting()) === 0);
    expect((await ids()).sort()).toEqual(["1", "2"]);
    expect(await registry.render()).toContain('poolcast_file_failures_total{reason="forbidden"} ');
    // Once, not for every try.
    expect(logged.match(/could not be fetched/g)).toHaveLength(1);
    expect(logged).not.toContain(S3_CREDENTIALS.secretAccessKey);
  });

  it("repeats what the store or the way to it broke off", async () => {
    s3.put("trail", "a", packed(...numbered(1200)));
    s3.behave("trail", "a", (response, before, bytes) => {
      if (before === 0) return answerError(response, 503, "SlowDown");
      if (before === 1) return answerError(response, 500, "InternalError");
      if (before === 2) return breakOff(bytes.length - 100)(response, before, bytes);
      return true;
    });
    await queue("a");
    await pass(start(), SECOND, async () => (await waiting()) === 0);
    expect((await ids()).sort()).toEqual(numbered(1200).sort());
    for (const reason of ["throttled", "unavailable", "interrupted"]) {
      expect(await registry.render()).toContain(`poolcast_file_failures_total{reason="${reason}"} 1`);
    }
  });

  it("gives up a file that is missing for an hour, says so, and tells whoever asks", async () => {
    s3.put("trail", "other", "");
    await queue("gone");
    const fetcher = start();
    const beforeMs = clock.now();
    await pass(fetcher, 60 * SECOND, async () => (await waiting()) === 0);
    expect(clock.now() - beforeMs).toBeGreaterThanOrEqual(HOUR);
    expect(await events()).toMatchObject([{ type: "dev.poolcast.gap_detected" }]);
    expect(await registry.render()).toContain('poolcast_files_given_up_total{reason="missing"} 1');
    const line = logged.split("\n").find((one) => one.includes('"error"') && one.includes("given up"));
    expect(JSON.parse(line ?? "")).toMatchObject({
      level: "error",
      bucket: "trail",
      object: "gone",
      reason: "missing",
    });
  });

  it("takes a file that appears within the hour", async () => {
    s3.put("trail", "other", "");
    await queue("late");
    const fetcher = start();
    await waitUntil(async () => (await summarizeFiles(broker)).failing === 1, "it was missing");
    s3.put("trail", "late", packed("1"));
    await pass(fetcher, 5 * SECOND, async () => (await waiting()) === 0);
    expect(await ids()).toEqual(["1"]);
  });

  it("keeps what is forbidden for days", async () => {
    s3.put("trail", "a", packed("1"));
    s3.behave("trail", "a", (response) => answerError(response, 403, "AccessDenied"));
    await queue("a");
    const fetcher = start();
    const untilMs = clock.now() + 13 * DAY;
    await pass(fetcher, 6 * HOUR, async () => clock.now() >= untilMs);
    expect(await waiting()).toBe(1);
    await pass(fetcher, 6 * HOUR, async () => (await waiting()) === 0);
    expect(await registry.render()).toContain('poolcast_files_given_up_total{reason="forbidden"} 1');
  });

  it("gives up what is no whole gzip after three tries, with what could be read of it", async () => {
    s3.put("trail", "a", Buffer.concat([packed(...numbered(600)).subarray(0, -4), Buffer.alloc(4)]));
    await queue("a");
    await pass(start(), 10 * SECOND, async () => (await waiting()) === 0);
    expect(asked("a")).toBe(3);
    const found = await events();
    // What the stream still holds when the checksum turns out to be wrong, a few blocks of 16 KiB, is not read.
    expect(found.filter(({ road }) => road === "s3").length).toBeGreaterThanOrEqual(400);
    expect(found.at(-1)).toMatchObject({ type: "dev.poolcast.gap_detected" });
  });

  it("counts what is no JSON and is done with it", async () => {
    s3.put("trail", "a", "<html>\nhello");
    await queue("a");
    start();
    await drained();
    expect(await registry.render()).toContain('poolcast_ingest_ignored_total{road="s3",reason="invalid_json"} 2');
    expect(logged).toContain("pieces of a file could not be read");
  });

  it("waits for a broker that cannot take the records, and then loses none", async () => {
    s3.put("trail", "a", packed(...numbered(1200)));
    await queue("a");
    let full = 3;
    const flaky: Broker = {
      ...broker,
      async append(params) {
        if (params.events.length > 0 && full-- > 0) throw new BrokerFailure("broker_full", "no room");
        return broker.append(params);
      },
    };
    const fetcher = start(flaky);
    await pass(fetcher, SECOND, async () => (await waiting()) === 0);
    expect((await ids()).sort()).toEqual(numbered(1200).sort());
  });

  it("rests where the broker does not take what becomes of a file", async () => {
    await queue("a");
    let refused = 0;
    let answering = false;
    const stuck: Broker = {
      ...broker,
      async append(params) {
        if (answering) return broker.append(params);
        refused += 1;
        throw new BrokerFailure("broker_unavailable", "the disk is full");
      },
    };
    s3.put("trail", "a", packed("r0"));
    start(stuck);
    await waitUntil(() => refused > 0, "it was tried");
    await sleep(300);
    // Once a second; without a rest it would be hundreds.
    expect(refused).toBeLessThan(10);
    answering = true;
    await drained();
    expect(await ids()).toEqual(["r0"]);
  });

  it("rests as well where there is no room for the news that a file is given up", async () => {
    s3.put("trail", "another", "");
    await queue("gone");
    const full: Broker = {
      ...broker,
      async append(params) {
        if (params.events.length > 0) throw new BrokerFailure("broker_full", "no room");
        return broker.append(params);
      },
    };
    const fetcher = start(full);
    await waitUntil(async () => (await summarizeFiles(broker)).failing === 1, "it is missing");
    clock.advance(HOUR);
    fetcher.wake();
    await askedFor("gone", 2);
    await sleep(300);
    expect(asked("gone")).toBe(2);
    expect(await waiting()).toBe(1);
  });

  it("loses and doubles nothing where answers of the broker are lost", async () => {
    s3.put("trail", "a", packed(...numbered(1200)));
    await queue("a");
    let appends = 0;
    const flaky: Broker = {
      ...broker,
      async append(params) {
        const outcomes = await broker.append(params);
        // Every third answer is lost on the way, the change is made.
        if (++appends % 3 === 0) throw new BrokerFailure("broker_unavailable", "the answer was lost");
        return outcomes;
      },
    };
    await pass(start(flaky), 5 * SECOND, async () => (await waiting()) === 0);
    expect((await ids()).sort()).toEqual(numbered(1200).sort());
  });

  it("hands back what it was reading when it stops, and the next one begins anew at once", async () => {
    s3.put("trail", "a", packed(...numbered(600)));
    s3.behave("trail", "a", (response, before, bytes) => {
      if (before > 0) return true;
      response.writeHead(200, { "content-length": bytes.length });
      return response.write(bytes.subarray(0, 1000)) && undefined;
    });
    await queue("a");
    const first = start();
    await askedFor("a", 1);
    await first.stop();
    const [entry] = await broker.getState({ collection: FILES, keys: ['["trail","a",""]'] });
    expect(JSON.parse(entry?.value ?? "")).toEqual({
      file: { bucket: "trail", key: "a" },
      queuedAtMs: clock.now(),
      dueAtMs: clock.now(),
    });
    start();
    await drained();
    expect(await ids()).toHaveLength(600);
  });

  it("lets everything else go first where a gateway was killed over a file, and longer each time", async () => {
    s3.put("trail", "a", packed("1"));
    const file = { bucket: "trail", key: "a" };
    const key = '["trail","a",""]';
    const entry = async () => JSON.parse((await broker.getState({ collection: FILES, keys: [key] }))[0]?.value ?? "{}");
    const base = { file, queuedAtMs: clock.now(), dueAtMs: clock.now() };
    let left: object = base;
    for (const [life, pauseMs] of [1000, 2000, 4000].entries()) {
      // As whoever was killed left it.
      const killed = JSON.stringify({ ...left, lease: { owner: `killed-${life}`, untilMs: clock.now() + HOUR } });
      await broker.append({ events: [], state: [{ collection: FILES, key, value: killed }] });
      const next = start();
      await waitUntil(async () => (await entry()).lease === undefined, "the next one noticed");
      left = await entry();
      const failure = { code: "interrupted", sinceMs: base.queuedAtMs, tries: life + 1 };
      expect(left).toEqual({ ...base, dueAtMs: clock.now() + pauseMs, failure });
      await next.stop();
      fetchers.pop();
      clock.advance(pauseMs);
    }
    expect(asked("a")).toBe(0);
    start();
    await drained();
    expect(await ids()).toEqual(["1"]);
  });

  it("does not look through very many files that wait each time it is woken", async () => {
    const work = { queuedAtMs: clock.now(), dueAtMs: clock.now() + HOUR };
    const state = Array.from({ length: 10_000 }, (_, n) => {
      const key = `f${n}`;
      return { collection: FILES, key, value: JSON.stringify({ ...work, file: { bucket: "trail", key } }) };
    });
    await broker.append({ events: [], state });
    let looks = 0;
    const fetcher = start({
      ...broker,
      scanState(params) {
        if (params.after === undefined) looks += 1;
        return broker.scanState(params);
      },
    });
    const beganAtMs = performance.now();
    await waitUntil(() => looks === 1, "it looked");
    for (let n = 0; n < 20; n++) {
      fetcher.wake();
      await new Promise((resume) => setTimeout(resume, 10));
    }
    expect(looks).toBeLessThanOrEqual(1 + (performance.now() - beganAtMs) / 1000);
    await waitUntil(() => looks === 2, "it looked again");
  });

  it("shares the work with another gateway on the same store: a file is one's at a time", async () => {
    const shared: Broker = { ...broker, capabilities: { ...broker.capabilities, shared: true } };
    const keys = Array.from({ length: 30 }, (_, n) => `f${n}`);
    for (const key of keys) s3.put("trail", key, packed(`${key}-record`));
    await queue(...keys);
    start(shared);
    start(shared);
    await drained();
    expect((await ids()).sort()).toEqual(keys.map((key) => `${key}-record`).sort());
    expect(s3.asked()).toHaveLength(30);
  });

  it("takes over from another gateway only when its lease has run out, which then commits nothing more", async () => {
    const shared: Broker = { ...broker, capabilities: { ...broker.capabilities, shared: true } };
    let goOn = () => {};
    const records = numbered(600);
    const body = Buffer.from(JSON.stringify({ Records: records.map((id) => cloudTrailRecord(id)) }));
    s3.put("trail", "a", body);
    s3.behave("trail", "a", (response, before, bytes) => {
      if (before > 0) return true;
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000));
      goOn = () => response.end(bytes.subarray(1000));
      return undefined;
    });
    await queue("a");
    start(shared);
    await askedFor("a", 1);
    const second = start(shared);
    clock.advance(119 * SECOND);
    second.wake();
    await new Promise((done) => setTimeout(done, 50));
    expect(asked("a")).toBe(1);
    // By a second and more: a slow machine may have let the first one commit what it has, and so renew its lease.
    await pass(second, SECOND, () => asked("a") === 2);
    await pass(second, 0, async () => (await waiting()) === 0);
    expect(await ids()).toHaveLength(600);
    goOn();
    const refused = 'poolcast_ingest_failures_total{road="s3",code="state_conflict"} 1';
    await waitUntil(async () => (await registry.render()).includes(refused), "the first one was refused");
    expect(await ids()).toHaveLength(0);
    expect(await waiting()).toBe(0);
  });

  it("is not held up by an entry that it cannot read, and tells of it once", async () => {
    await broker.append({ events: [], state: [{ collection: FILES, key: "?", value: "?" }] });
    s3.put("trail", "a", packed("1"));
    await queue("a");
    const fetcher = start();
    await drained();
    fetcher.wake();
    expect(await ids()).toEqual(["1"]);
    expect(logged.match(/cannot be read/g)).toHaveLength(1);
  });
});
