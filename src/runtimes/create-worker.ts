/**
 * A Worker's two exports. The Worker itself keeps nothing: it judges the configuration, so that a wrong one is told to
 * whoever calls, and hands everything to the object (docs/decisions/0020).
 */
import type { ConfigFault } from "../config/config.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { AccessCheck } from "../routes/access.ts";
import { sha256 } from "./hashing.ts";
import { keepRight } from "./keep-right.ts";
import type { WorkerEnv } from "./worker-bindings.ts";
import { readWorkerSetup } from "./worker-config.ts";
import { createDoor } from "./worker-door.ts";
import { workerLog } from "./worker-log.ts";
import { gatewayObject } from "./worker-object.ts";
import { misconfigured, unavailable } from "./worker-problem.ts";

type Setup = Result<AccessCheck, readonly ConfigFault[]>;

/** What of a Durable Object's stub is used here. */
interface GatewayStub {
  fetch(request: Request): Promise<Response>;
  keepAlarm(): Promise<void>;
}

interface GatewayNamespace {
  getByName(name: string): GatewayStub;
}

const NO_BINDING =
  "the Durable Object binding GATEWAY is missing: take durable_objects and migrations over from poolcast's wrangler.toml";

/** Its one object; another name would be another, empty store. */
const OBJECT_NAME = "gateway";

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
    return setup.ok ? ok(createDoor(setup.value.config, sha256)) : setup;
  }

  const handler = {
    async fetch(request: Request, env: WorkerEnv): Promise<Response> {
      const setup = await setupOf(env);
      if (!setup.ok) return misconfigured(request, setup.error);
      const refused = setup.value(request);
      if (refused) return refused;
      try {
        return (await stubOf(env)?.fetch(request)) ?? unavailable(request, "broker_unavailable");
      } catch (error) {
        // It was replaced by a new version, or has more to do than it can; who comes again finds it.
        workerLog("warn", "the object did not answer", { error: String(error) });
        return unavailable(request, "broker_unavailable");
      }
    },

    async scheduled(_controller: unknown, env: WorkerEnv): Promise<void> {
      const setup = await setupOf(env);
      if (setup.ok) await stubOf(env)?.keepAlarm();
    },
  };
  return { handler, Gateway: gatewayObject(bundled) };
}

function namespaceOf({ GATEWAY }: WorkerEnv): GatewayNamespace | undefined {
  return typeof GATEWAY === "object" && GATEWAY !== null ? (GATEWAY as GatewayNamespace) : undefined;
}

function stubOf(env: WorkerEnv): GatewayStub | undefined {
  return namespaceOf(env)?.getByName(OBJECT_NAME);
}
