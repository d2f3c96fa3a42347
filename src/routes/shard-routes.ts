/**
 * /healthz, /readyz and /metrics of a gateway that is several shards, and /shards, where each of them has its own. What
 * goes to no shard costs none anything.
 */
import { Hono } from "hono";
import type { Clock } from "../core/clock.ts";
import { inParallel } from "../core/in-parallel.ts";
import { parseJson } from "../core/json.ts";
import { mergeMetrics } from "../core/merge-metrics.ts";
import type { AccessCheck } from "./access.ts";
import { brokerProblem, methodNotAllowed, problem } from "./problem.ts";

export interface ShardDirectory {
  /** Of all shards. Rejects where it cannot be told. */
  names(): Promise<readonly string[]>;
  /** Its answer to a request for one of its own paths. Rejects where it gives none. */
  ask(name: string, request: Request): Promise<Response>;
}

export interface ShardRoutesParts {
  readonly shards: ShardDirectory;
  /** Who may see the metrics, the detail of /readyz, and which shards there are. */
  readonly access: AccessCheck;
  readonly clock: Clock;
}

/** Shards that are asked at the same time. */
const CONCURRENCY = 6;
/** Asking costs a commit in each shard, and anybody may ask. */
const CHECK_EVERY_MS = 1000;

const OWN_PATH = /^\/shards\/([^/]+)(\/(?:(healthz|readyz)|metrics|api\/.+))$/;

export function shardRoutes({ shards, access, clock }: ShardRoutesParts): Hono {
  let last: { readonly atMs: number; readonly ready: boolean } | undefined;

  return new Hono()
    .get("/healthz", (c) => c.json({ status: "live" }))
    .get("/readyz", async (c) => {
      const isPublic = access(c.req.raw) !== undefined;
      const nowMs = clock();
      const isFresh = last && nowMs >= last.atMs && nowMs - last.atMs < CHECK_EVERY_MS;
      const asked = isPublic && isFresh ? undefined : await readiness(c.req.raw);
      const ready = asked?.ready ?? last?.ready ?? false;
      if (asked) last = { atMs: nowMs, ready };
      const status = ready ? "ready" : "not_ready";
      return c.json(isPublic ? { status } : { status, shards: asked?.shards }, ready ? 200 : 503);
    })
    .get("/metrics", async (c) => {
      const refused = access(c.req.raw);
      if (refused) return refused;
      const names = await namesOf();
      if (!names) return brokerProblem("broker_unavailable");
      const answers = await inParallel(names, CONCURRENCY, (name) => askOwn(name, "/metrics", c.req.raw));
      const texts = names.flatMap((owner, at) => {
        const { isOk = false, text = "" } = answers[at] ?? {};
        return [{ owner, text: upText(isOk) }, ...(isOk ? [{ owner, text }] : [])];
      });
      const body = mergeMetrics("shard", texts);
      return c.body(body, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    })
    .get("/shards", async (c) => {
      const refused = access(c.req.raw);
      if (refused) return refused;
      const names = await namesOf();
      return names ? c.json({ shards: names.map((name) => ({ name })) }) : brokerProblem("broker_unavailable");
    })
    .all("/shards", methodNotAllowed("GET, HEAD"))
    .all("/shards/*", (c) => passOn(c.req.raw));

  async function readiness(request: Request) {
    const names = await namesOf();
    if (!names) return { ready: false, shards: undefined };
    const answers = await inParallel(names, CONCURRENCY, (name) => askOwn(name, "/readyz", request));
    const details = names.map((name, at) => [name, parseJson(answers[at]?.text ?? "") ?? SILENT] as const);
    return { ready: answers.every((answer) => answer?.isOk), shards: Object.fromEntries(details) };
  }

  async function passOn(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, name = "", path = "", isOpen] = OWN_PATH.exec(url.pathname) ?? [];
    if (path === "") return problem("not_found");
    const refused = isOpen === undefined ? access(request) : undefined;
    if (refused) return refused;
    const names = await namesOf();
    if (!names) return brokerProblem("broker_unavailable");
    // An object begins to be when it is called.
    if (!names.includes(name)) return problem("not_found", { detail: "no shard has this name" });
    const own = new Request(new URL(path + url.search, url), request);
    return (await shards.ask(name, own).catch(() => undefined)) ?? brokerProblem("broker_unavailable");
  }

  async function askOwn(name: string, path: string, { url, headers }: Request): Promise<ShardAnswer | undefined> {
    try {
      const response = await shards.ask(name, new Request(new URL(path, url), { headers }));
      return { isOk: response.ok, text: await response.text() };
    } catch {
      return undefined;
    }
  }

  function namesOf(): Promise<readonly string[] | undefined> {
    return shards.names().catch(() => undefined);
  }
}

interface ShardAnswer {
  readonly isOk: boolean;
  readonly text: string;
}

/** Of a shard that gave no answer. */
const SILENT = { status: "not_ready", reason: "broker_unavailable" };

function upText(isUp: boolean): string {
  const name = "poolcast_shard_up";
  return `# HELP ${name} 1 where the shard told its metrics, else 0.\n# TYPE ${name} gauge\n${name} ${isUp ? 1 : 0}\n`;
}

/** /api of a gateway that is several: there is no answer for all of them. To be mounted there. */
export function shardedAdminRoutes(access: AccessCheck): Hono {
  const detail = "GET /shards lists the shards; ask one of them: /shards/NAME/api/...";
  return new Hono().all("*", ({ req }) => access(req.raw) ?? problem("shard_required", { detail }));
}
