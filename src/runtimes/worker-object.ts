/** The Durable Object that is the gateway: its store, its routes and its delivery. */
import { DurableObject } from "cloudflare:workers";
import { brokerFailureCode } from "../broker/broker.ts";
import type { ObjectStorage } from "../broker/durable-object.ts";
import type { ConfigFault } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { IngestResult } from "../ingest/ingest.ts";
import type { Busy } from "./busy.ts";
import { keepRight } from "./keep-right.ts";
import { isLarge, LARGE_BYTES, largeBodyTurns } from "./large-bodies.ts";
import type { Count } from "./pending-counts.ts";
import type { WorkerEnv } from "./worker-bindings.ts";
import { readWorkerSetup } from "./worker-config.ts";
import { openWorkerGateway, type WorkerGateway } from "./worker-gateway.ts";
import { objectLog, writeLine } from "./worker-log.ts";
import { ownName } from "./worker-own-name.ts";
import { misconfigured, unavailable } from "./worker-problem.ts";
import { createShardList, type ShardList } from "./worker-shard-list.ts";
import { configOf, configuredShards, createShards, isSharded, shardOf } from "./worker-shards.ts";
import { type AlarmStorage, createWatch, type Watch } from "./worker-watch.ts";

/** What of `DurableObjectState` is used here. */
export interface ObjectContext {
  /** The name that it is called by. */
  readonly id: { readonly name?: string };
  readonly storage: ObjectStorage & AlarmStorage;
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
}

/** The object in this life of it. */
export interface OpenObject {
  readonly log: Log;
  readonly watch: Watch<WorkerGateway>;
  readonly shardList: ShardList;
}

async function listIn(opened: () => Promise<Result<OpenObject, unknown>>): Promise<ShardList> {
  const object = await opened();
  if (object.ok) return object.value.shardList;
  throw new Error("the configuration cannot be read");
}

/** The class for a Worker whose configuration is bundled, or, without one, in POOLCAST_CONFIG. */
export function gatewayObject(bundled?: string) {
  return class GatewayObject extends DurableObject {
    readonly opened: () => Promise<Result<OpenObject, readonly ConfigFault[]>>;
    readonly largeBodies = largeBodyTurns(Date.now);

    constructor(ctx: ObjectContext, env: WorkerEnv) {
      super(ctx, env);
      const clock = Date.now;
      const { storage } = ctx;
      const name = ownName(ctx.id, storage);
      this.opened = keepRight(async () => {
        const setup = await readWorkerSetup(env, bundled);
        if (!setup.ok) return setup;
        const config = configOf(setup.value.config, name);
        const log = objectLog(isSharded(config) ? name : undefined);
        const shard = shardOf(config, name, createShards(env, log));
        const common = { storage, clock, log };
        const open = (busy: Busy) =>
          openWorkerGateway({ ...common, env: setup.value.env, config, writeLine, busy, shard });
        const shardList = createShardList({ storage, configured: configuredShards(config) });
        return ok({ log, watch: createWatch({ ...common, open }), shardList });
      }, clock);
      ctx.blockConcurrencyWhile(() => this.keepAlarm());
    }

    async fetch(request: Request): Promise<Response> {
      const opened = await this.opened();
      if (!opened.ok) return misconfigured(request, opened.error);
      const { watch, log } = opened.value;
      const answer = () => watch.fetch(request);
      try {
        const answered = isLarge(request) ? await this.largeBodies.take(answer) : await answer();
        return answered ?? unavailable(request, "broker_unavailable");
      } catch (error) {
        log("error", "the gateway cannot be opened", { error: String(error) });
        return unavailable(request, brokerFailureCode(error));
      }
    }

    /** Commits a slice of records, which a Worker or another object took. */
    async take(slice: Uint8Array, snsMessages: readonly Count[] = []): Promise<IngestResult> {
      const opened = await this.opened();
      if (!opened.ok) return err("broker_unavailable");
      const { watch, log } = opened.value;
      const answer = () => watch.use((gateway) => gateway.take(slice, snsMessages));
      try {
        const taken = slice.length > LARGE_BYTES ? await this.largeBodies.take(answer) : await answer();
        return taken ?? err("broker_unavailable");
      } catch (error) {
        log("error", "a slice of records could not be taken", { error: String(error) });
        return err(brokerFailureCode(error));
      }
    }

    /** Asked of `gateway` alone: which of these names are shards. Rejects where that cannot be told. */
    async admit(names: readonly string[]): Promise<readonly string[]> {
      return (await listIn(this.opened)).admit(names);
    }

    /** Asked of `gateway` alone: the others. Rejects where they cannot be told. */
    async shardNames(): Promise<readonly string[]> {
      return (await listIn(this.opened)).all();
    }

    async alarm(): Promise<void> {
      const opened = await this.opened();
      if (opened.ok) await opened.value.watch.alarm();
    }

    /** Called by the cron, should an alarm be lost. */
    async keepAlarm(): Promise<void> {
      const opened = await this.opened();
      if (opened.ok) await opened.value.watch.keepAlarm();
    }
  };
}
