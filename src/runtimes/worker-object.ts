/** The Durable Object that is the gateway: its store, its routes and its delivery. */
import { DurableObject } from "cloudflare:workers";
import { brokerFailureCode } from "../broker/broker.ts";
import type { ObjectStorage } from "../broker/durable-object.ts";
import type { ConfigFault } from "../config/config.ts";
import { ok, type Result } from "../core/result.ts";
import type { Busy } from "./busy.ts";
import { keepRight } from "./keep-right.ts";
import { createTurns } from "./turns.ts";
import type { WorkerEnv } from "./worker-bindings.ts";
import { readWorkerSetup } from "./worker-config.ts";
import { openWorkerGateway } from "./worker-gateway.ts";
import { workerLog, writeLine } from "./worker-log.ts";
import { misconfigured, unavailable } from "./worker-problem.ts";
import { type AlarmStorage, createWatch, type Watch } from "./worker-watch.ts";

/** What of `DurableObjectState` is used here. */
export interface ObjectContext {
  readonly storage: ObjectStorage & AlarmStorage;
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
}

/** A body is there several times over: as bytes, as text, as values, as events. Two of 8 MiB would be too much. */
const LARGE_BYTES = 1024 ** 2;
/** EventBridge gives a request 5 seconds. */
const PATIENCE_MS = 4000;

/** Who sends these is known when all of a body is here, which may be never. They take less than what is large. */
const FROM_STRANGERS = new Set(["/ingest/sns", "/ingest/cognito"]);

function isLarge({ url, body, headers }: Request): boolean {
  if (body === null || FROM_STRANGERS.has(new URL(url).pathname)) return false;
  return Number(headers.get("content-length") ?? Number.POSITIVE_INFINITY) > LARGE_BYTES;
}

/** The class for a Worker whose configuration is bundled, or, without one, in POOLCAST_CONFIG. */
export function gatewayObject(bundled?: string) {
  return class GatewayObject extends DurableObject {
    readonly watch: () => Promise<Result<Watch, readonly ConfigFault[]>>;
    readonly largeBodies = createTurns(PATIENCE_MS);

    constructor(ctx: ObjectContext, env: WorkerEnv) {
      super(ctx, env);
      const clock = Date.now;
      const common = { storage: ctx.storage, clock, log: workerLog };
      this.watch = keepRight(async () => {
        const setup = await readWorkerSetup(env, bundled);
        if (!setup.ok) return setup;
        const open = (busy: Busy) => openWorkerGateway({ ...common, ...setup.value, writeLine, busy });
        return ok(createWatch({ ...common, open }));
      }, clock);
      ctx.blockConcurrencyWhile(() => this.keepAlarm());
    }

    async fetch(request: Request): Promise<Response> {
      const watch = await this.watch();
      if (!watch.ok) return misconfigured(request, watch.error);
      const answer = () => watch.value.fetch(request);
      try {
        const answered = isLarge(request) ? await this.largeBodies.take(answer) : await answer();
        return answered ?? unavailable(request, "broker_unavailable");
      } catch (error) {
        workerLog("error", "the gateway cannot be opened", { error: String(error) });
        return unavailable(request, brokerFailureCode(error));
      }
    }

    async alarm(): Promise<void> {
      const watch = await this.watch();
      if (watch.ok) await watch.value.alarm();
    }

    /** Called by the cron, should an alarm be lost. */
    async keepAlarm(): Promise<void> {
      const watch = await this.watch();
      if (watch.ok) await watch.value.keepAlarm();
    }
  };
}
