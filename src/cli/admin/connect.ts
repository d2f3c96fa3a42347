/**
 * The gateway's /api, from whoever can give it: the running gateway, or, where none has its SQLite file open, the same
 * routes over the file itself.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { brokerFailureCode } from "../../broker/broker.ts";
import { openSqliteBroker } from "../../broker/sqlite.ts";
import type { Config, SqliteBrokerConfig } from "../../config/config.ts";
import { member, parseJson } from "../../core/json.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Rounds } from "../../delivery/rounds.ts";
import { createAdmin } from "../../gateway/admin.ts";
import { controlsOf } from "../../gateway/controls.ts";
import { createErasures } from "../../gateway/erasure-jobs.ts";
import { startErasureRunner } from "../../gateway/erasure-runner.ts";
import { replaysOf } from "../../gateway/replays.ts";
import { adminRoutes } from "../../routes/admin-routes.ts";
import { sha256 } from "../../runtimes/hashing.ts";
import { causeOf, problemCode } from "../gateway-address.ts";
import type { AdminSettings } from "./settings.ts";

export interface AdminConnection {
  readonly from: "gateway" | "file";
  /** `path` begins behind /api. Resolves with the answer's JSON; the message of a failure is for a person. */
  request(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<Result<unknown, AdminFault>>;
  close(): Promise<void>;
}

export interface AdminFault {
  /** Of the problem document, or `no_gateway`, `broker_in_use` and the like where there was no answer. */
  readonly code: string;
  readonly message: string;
}

const TIMEOUT_MS = 60_000;

export async function connectAdmin(settings: AdminSettings): Promise<Result<AdminConnection, AdminFault>> {
  const { url, adminKey, config } = settings;
  const headers = adminKey === undefined ? {} : { "x-api-key": adminKey };
  const send: Send = (path, init) => fetch(url + path, { ...init, headers: { ...headers, ...init.headers } });
  try {
    await send("/healthz", initOf("GET"));
    return ok({ from: "gateway", request: requestBy(send, url), async close() {} });
  } catch (error) {
    const nobody = `no gateway at ${url} (${causeOf(error, TIMEOUT_MS)})`;
    if (config?.broker.kind === "sqlite") return openFile(config, config.broker, nobody);
    return err({ code: "no_gateway", message: `${nobody}: start one, or name another with --url` });
  }
}

async function openFile(
  config: Config,
  sqlite: SqliteBrokerConfig,
  nobody: string,
): Promise<Result<AdminConnection, AdminFault>> {
  const path = resolve(sqlite.path);
  if (!existsSync(path)) return err({ code: "no_gateway", message: `${nobody}, and no store in ${path}` });
  let broker: ReturnType<typeof openSqliteBroker>;
  try {
    broker = openSqliteBroker({ ...sqlite, clock: Date.now, sha256 });
  } catch (error) {
    const code = brokerFailureCode(error);
    const advice = code === "broker_in_use" ? "a gateway has it open: name its address with --url" : messageOf(error);
    return err({ code, message: `${nobody}, and ${path} cannot be used: ${advice}` });
  }
  const { subscriptions } = config;
  const controls = controlsOf({ config, broker, clock: Date.now, log: () => {} });
  await controls.load(subscriptions.map(({ name }) => name));
  const replays = replaysOf({ config, broker, clock: Date.now });
  const poolArns = () => config.pools.map(({ arn }) => arn);
  const erasures = createErasures({ broker, clock: Date.now });
  let runner: Rounds | undefined;
  // Not before: other commands leave to a gateway what waits for one.
  erasures.onStart(() => {
    runner ??= startErasureRunner({
      broker,
      clock: Date.now,
      random: Math.random,
      poolArns,
      forget: () => {},
      log: () => {},
    });
    runner.wake();
  });
  const admin = createAdmin({ broker, subscriptions: () => subscriptions, controls, replays, erasures });
  const app = adminRoutes({ admin, access: () => undefined });
  const send: Send = async (at, init) => app.request(at.replace(/^\/api/, ""), init);
  return ok({
    from: "file",
    request: requestBy(send, path),
    async close() {
      controls.stop();
      await runner?.stop();
      await broker.close();
    },
  });
}

type Send = (path: string, init: RequestInit) => Promise<Response>;

function initOf(method: string, body?: object): RequestInit {
  return {
    method,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  };
}

function requestBy(send: Send, place: string): AdminConnection["request"] {
  return async (method, path, body) => {
    let response: Response;
    let text: string;
    try {
      response = await send(`/api${path}`, initOf(method, body));
      text = await response.text();
    } catch (error) {
      return err({ code: "no_gateway", message: `${place} does not answer (${causeOf(error, TIMEOUT_MS)})` });
    }
    const answer = parseJson(text);
    if (response.ok && answer !== undefined) return ok(answer);
    const code = problemCode(answer);
    if (code === undefined) {
      return err({
        code: "no_gateway",
        message: `what answers at ${place} is no poolcast gateway (${response.status})`,
      });
    }
    return err({ code, message: sentence(code, answer) });
  };
}

function sentence(code: string, answer: unknown): string {
  if (code === "unauthorized") return "unauthorized: give one of the gateway's adminKeys as --admin-key";
  const said = [member(answer, "title"), member(answer, "detail")].filter((one) => typeof one === "string");
  return [code, ...said].join(": ");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
