/**
 * What a Worker does itself where its gateway is several objects: it takes requests as one of them would, from credentials
 * to records, and gives each record to its shard. An isolate keeps nothing but what it learnt of shards and certificates.
 */
import type { Config } from "../config/config.ts";
import { discardBytes } from "../core/collect-bytes.ts";
import { wait } from "../core/wait.ts";
import { accessOf, adminAccess } from "../gateway/access.ts";
import { poolArns } from "../gateway/shard.ts";
import { snsRoadOf } from "../gateway/sns.ts";
import { createSpreadIngest } from "../ingest/shards/spread.ts";
import { createApp } from "../routes/app.ts";
import { catalogRoutes } from "../routes/catalog-routes.ts";
import { shardedAdminRoutes, shardRoutes } from "../routes/shard-routes.ts";
import { sha256 } from "./hashing.ts";
import { isLarge, largeBodyTurns } from "./large-bodies.ts";
import { createPendingCounts } from "./pending-counts.ts";
import { snsFetch } from "./sns-fetch.ts";
import type { WorkerEnv } from "./worker-bindings.ts";
import { workerLog } from "./worker-log.ts";
import { unavailable } from "./worker-problem.ts";
import { createShards, shardNames, stubOf } from "./worker-shards.ts";

/** What of `ExecutionContext` is used here. */
export interface WorkerContext {
  /** Lets `work` go on for half a minute after the request has ended. */
  waitUntil(work: Promise<unknown>): void;
}

/** Of a body that nobody read: the platform closes the connection behind the answer, and a sender that writes on would miss it. */
const DISCARDED_BYTES = 16 * 1024 ** 2;
/** Who has only announced it waits for the answer. */
const DISCARD_MS = 1000;
/** Answers to whom that is not done for. */
const STRANGERS: ReadonlySet<number> = new Set([401, 403, 404, 405]);

async function letGo(body: ReadableStream<Uint8Array>): Promise<void> {
  const over = new AbortController();
  const discarded = discardBytes(body.getReader(), DISCARDED_BYTES).catch(() => {});
  await Promise.race([discarded.finally(() => over.abort()), wait(DISCARD_MS, over.signal)]);
}

/** Answers what the door lets in. */
export function createFront(config: Config, env: WorkerEnv) {
  const clock = Date.now;
  const log = workerLog;
  const byId = poolArns(config);
  const snsMessages = createPendingCounts();
  const ingest = createSpreadIngest({
    shards: createShards(env, log, snsMessages),
    poolArn: (poolId) => byId.get(poolId),
  });
  const access = adminAccess(config, sha256);
  const largeBodies = largeBodyTurns(clock);
  const shards = {
    names: () => shardNames(env),
    ask: (name: string, request: Request) => stubOf(env, name).fetch(request),
  };
  const app = createApp({
    ...accessOf(config, sha256),
    sns: snsRoadOf({ config, fetch: snsFetch, clock, sha256 }),
    health: shardRoutes({ shards, access, clock }),
    catalog: catalogRoutes({ publicUrl: config.publicUrl, sharded: true }),
    admin: shardedAdminRoutes(access),
    metrics: { snsMessages },
    ...{ ingest, clock, log },
  });

  async function take(request: Request): Promise<Response> {
    const answered = async () => app.fetch(request);
    const answer = isLarge(request) ? await largeBodies.take(answered) : await answered();
    const given = answer ?? unavailable(request, "broker_unavailable");
    if (request.body && !request.bodyUsed && !STRANGERS.has(given.status)) await letGo(request.body);
    return given;
  }

  return function answer(request: Request, context: WorkerContext): Promise<Response> {
    const answered = take(request);
    // What others wait for, a certificate or a turn, must not end with the sender of this request.
    context.waitUntil(answered.catch(() => {}));
    return answered;
  };
}
