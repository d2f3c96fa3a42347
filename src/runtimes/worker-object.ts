/** The Durable Object that is the gateway: its store, its routes and its delivery. */
import { DurableObject } from "cloudflare:workers";
import { brokerFailureCode } from "../broker/broker.ts";
import type { ObjectStorage } from "../broker/durable-object.ts";
import type { Config, ConfigFault } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import { err, type Result } from "../core/result.ts";
import type { IngestResult } from "../ingest/ingest.ts";
import { GATEWAY } from "../ingest/shards/shard-of.ts";
import { isLarge, LARGE_BYTES, largeBodyTurns } from "./large-bodies.ts";
import type { Count } from "./pending-counts.ts";
import { readWorkerConfig, textsOf, type WorkerEnv } from "./worker-config.ts";
import { openWorkerGateway, type WorkerGateway } from "./worker-gateway.ts";
import { objectLog, writeLine } from "./worker-log.ts";
import { misconfigured, unavailable } from "./worker-problem.ts";
import { createShardList, type ShardList } from "./worker-shard-list.ts";
import { configuredShards, createShards, isSharded, shardOf } from "./worker-shards.ts";
import { type AlarmStorage, createWatch, type Watch } from "./worker-watch.ts";

/** What of `DurableObjectState` is used here. */
export interface ObjectContext {
  /** The name that it is called by. */
  readonly id: { readonly name?: string };
  readonly storage: ObjectStorage & AlarmStorage;
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
}

/** The class for a Worker whose configuration is bundled, or, without one, in POOLCAST_CONFIG. */
export function gatewayObject(bundled?: string) {
  return class GatewayObject extends DurableObject {
    readonly setup: Result<Config, readonly ConfigFault[]>;
    readonly log: Log;
    readonly watch: Watch<WorkerGateway> | undefined;
    readonly shardList: ShardList | undefined;
    readonly largeBodies = largeBodyTurns();

    constructor(ctx: ObjectContext, env: WorkerEnv) {
      super(ctx, env);
      const { storage } = ctx;
      const { name = GATEWAY } = ctx.id;
      const setup = readWorkerConfig(env, bundled);
      const log = objectLog(setup.ok && isSharded(setup.value) ? name : undefined);
      this.setup = setup;
      this.log = log;
      if (!setup.ok) return;
      const config = setup.value;
      const clock = Date.now;
      const common = { storage, clock, log };
      const shard = shardOf(config, name, createShards(env, log));
      const watch = createWatch({
        ...common,
        open: (busy) => openWorkerGateway({ ...common, config, env: textsOf(env), writeLine, busy, shard }),
      });
      this.watch = watch;
      this.shardList = createShardList({ storage, configured: configuredShards(config) });
      ctx.blockConcurrencyWhile(() => watch.keepAlarm());
    }

    async fetch(request: Request): Promise<Response> {
      if (!this.setup.ok) return misconfigured(request, this.setup.error);
      const answer = async () => this.watch?.fetch(request);
      try {
        const answered = isLarge(request) ? await this.largeBodies.take(answer) : await answer();
        return answered ?? unavailable(request, "broker_unavailable");
      } catch (error) {
        this.log("error", "the gateway cannot be opened", { error: String(error) });
        return unavailable(request, brokerFailureCode(error));
      }
    }

    /** Commits a slice of records, which a Worker or another object took. */
    async take(slice: Uint8Array, snsMessages: readonly Count[] = []): Promise<IngestResult> {
      const answer = async () => this.watch?.use((gateway) => gateway.take(slice, snsMessages));
      try {
        const taken = slice.length > LARGE_BYTES ? await this.largeBodies.take(answer) : await answer();
        return taken ?? err("broker_unavailable");
      } catch (error) {
        this.log("error", "a slice of records could not be taken", { error: String(error) });
        return err(brokerFailureCode(error));
      }
    }

    /** Asked of `gateway` alone: which of these names are shards. */
    async admit(names: readonly string[]): Promise<readonly string[]> {
      return (await this.shardList?.admit(names)) ?? [];
    }

    /** Asked of `gateway` alone: the others. */
    async shardNames(): Promise<readonly string[]> {
      return (await this.shardList?.all()) ?? [];
    }

    async alarm(): Promise<void> {
      await this.watch?.alarm();
    }

    /** Called by the cron, should an alarm be lost. */
    async keepAlarm(): Promise<void> {
      await this.watch?.keepAlarm();
    }
  };
}
