/**
 * A Worker's two exports. The Worker itself keeps nothing: it judges the configuration, so that a wrong one is told to
 * whoever calls, and hands everything to the object (docs/decisions/0020), or each record to its shard (0025).
 */
import type { Config, ConfigFault } from "../config/config.ts";
import { inParallel } from "../core/in-parallel.ts";
import { err, ok, type Result } from "../core/result.ts";
import { GATEWAY } from "../ingest/shards/shard-of.ts";
import { sha256 } from "./hashing.ts";
import { keepRight } from "./keep-right.ts";
import type { WorkerEnv } from "./worker-bindings.ts";
import { readWorkerSetup } from "./worker-config.ts";
import { createDoor } from "./worker-door.ts";
import { createFront, type WorkerContext } from "./worker-front.ts";
import { workerLog } from "./worker-log.ts";
import { gatewayObject } from "./worker-object.ts";
import { misconfigured, unavailable } from "./worker-problem.ts";
import { isSharded, namespaceOf, shardNames, stubOf } from "./worker-shards.ts";

type Answer = (request: Request, context: WorkerContext) => Promise<Response>;
type Setup = Result<Answer, readonly ConfigFault[]>;

const NO_BINDING =
  "the Durable Object binding GATEWAY is missing: take durable_objects and migrations over from poolcast's wrangler.toml";

/** Objects whose alarm is looked at by the cron at the same time. */
const CONCURRENCY = 6;

/** `bundled` is the text of a configuration; POOLCAST_CONFIG, where it is set, wins. */
export function createWorker(bundled?: string) {
  const setups = new WeakMap<WorkerEnv, () => Promise<Setup>>();

  /** Read once in an isolate. */
  function setupOf(env: WorkerEnv): Promise<Setup> {
    const setup = setups.get(env) ?? keepRight(() => read(env), Date.now);
    setups.set(env, setup);
    return setup();
  }

  async function read(env: WorkerEnv): Promise<Setup> {
    if (!namespaceOf(env)) return err([{ path: "", message: NO_BINDING }]);
    const setup = await readWorkerSetup(env, bundled);
    return setup.ok ? ok(createAnswer(setup.value.config, env)) : setup;
  }

  const handler = {
    async fetch(request: Request, env: WorkerEnv, context: WorkerContext): Promise<Response> {
      const setup = await setupOf(env);
      if (!setup.ok) return misconfigured(request, setup.error);
      try {
        return await setup.value(request, context);
      } catch (error) {
        // It was replaced by a new version, or has more to do than it can; who comes again finds it.
        workerLog("warn", "the object did not answer", { error: String(error) });
        return unavailable(request, "broker_unavailable");
      }
    },

    async scheduled(_controller: unknown, env: WorkerEnv): Promise<void> {
      const setup = await setupOf(env);
      if (!setup.ok) return;
      await stubOf(env, GATEWAY).keepAlarm();
      // Shards that a former configuration had go on until they are empty.
      const [, ...others] = await shardNames(env);
      await inParallel(others, CONCURRENCY, (shard) =>
        stubOf(env, shard)
          .keepAlarm()
          .catch((error) => workerLog("warn", "the object did not answer", { shard, error: String(error) })),
      );
    },
  };
  return { handler, Gateway: gatewayObject(bundled) };
}

function createAnswer(config: Config, env: WorkerEnv): Answer {
  const judge = createDoor(config, sha256);
  const answer: Answer = isSharded(config)
    ? createFront(config, env)
    : (request) => stubOf(env, GATEWAY).fetch(request);
  return async (request, context) => judge(request) ?? answer(request, context);
}
