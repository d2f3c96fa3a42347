/** Whether something answers at a host and port. Nothing is sent. */
import { connect } from "node:net";
import type { Config } from "../../config/config.ts";
import type { CheckResult } from "./check-result.ts";

const CONNECT_MS = 3000;

/** What the events are delivered to. Which of them the address rules refuse is told by `poolcast check` and at start. */
export function checkTargets({ subscriptions }: Config): Promise<CheckResult[]> {
  const checks = subscriptions.flatMap(({ name, target }) =>
    "url" in target ? [checkReach(`the target of subscription ${name}`, target.url)] : [],
  );
  return Promise.all(checks);
}

export async function checkReach(what: string, url: string): Promise<CheckResult> {
  const { hostname, host, port, protocol } = new URL(url);
  const error = await connectError(hostname.replace(/^\[|\]$/g, ""), Number(port) || (DEFAULT_PORTS[protocol] ?? 443));
  // A URL may have a password or a token in it.
  if (error === undefined) return { what: `${what}, ${host}`, ok: true };
  const advice = `nothing answers at ${host}: check the URL, that the server runs, and the network between`;
  return { what: `${what}, ${host}`, ok: false, error, advice };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "redis:": 6379, "rediss:": 6379 };

function connectError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (error?: string) => {
      socket.destroy();
      resolve(error);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end("ETIMEDOUT"));
    socket.once("error", (error) => end("code" in error ? String(error.code) : error.name));
  });
}
