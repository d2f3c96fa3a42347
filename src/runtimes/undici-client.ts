/**
 * HTTP by undici, with a pool of connections per target. The egress policy is asked about each URL, and with each new
 * connection about the address it is really going to, so neither a redirect nor a changed DNS answer leads anywhere else.
 */
import { createSecureContext } from "node:tls";
import { Agent, buildConnector, request } from "undici";
import { type EgressGuard, portOf } from "../core/egress.ts";
import { orAborted } from "../core/or-aborted.ts";
import type { HttpAnswer, HttpClient } from "../sinks/http-client.ts";
import { MAX_ANSWER_BYTES } from "../sinks/sink.ts";
import { guardedLookup, type Resolve, shareLookups, systemResolve } from "./guarded-lookup.ts";
import { refused } from "./refused-target.ts";
import { toFailure } from "./undici-failure.ts";

export interface UndiciClientOptions {
  readonly connections: number;
  readonly egress: EgressGuard;
  readonly tls?: ClientTls | undefined;
  /** All addresses of a name; the system's `lookup` unless told otherwise. */
  readonly resolve?: Resolve;
}

/** PEM texts. */
export interface ClientTls {
  /** Whom to trust, and nobody else; left out, those whom Node trusts. */
  readonly ca?: string | readonly string[] | undefined;
  /** A client certificate, with those that lead to its root, and its private key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 3000;
const KEEP_ALIVE_MS = 30_000;

/** Throws where a PEM text of `tls` cannot be used. */
export function createUndiciClient(options: UndiciClientOptions): HttpClient {
  const { connections, egress } = options;
  const dispatcher = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // One deadline per try comes from the caller, by signal.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector(options),
  });

  return {
    async send({ method, url, headers, body, keepBody = false, signal }): Promise<HttpAnswer> {
      const fault = egress.judgeUrl(url);
      if (fault) return refused(fault);
      try {
        const options = { method, dispatcher, headers, body: body ?? null, signal };
        // undici heeds the signal only from the moment that a connection takes the request up.
        const answer = await orAborted(request(url, options), signal);
        // The status is the answer. What becomes of the body, a reset or a deadline, does not change it.
        const kept = keepBody ? await readBody(answer.body) : await dumpBody(answer.body, signal);
        return {
          ok: true,
          status: answer.statusCode,
          header(name) {
            const value = answer.headers[name];
            return Array.isArray(value) ? undefined : value;
          },
          ...(kept && { body: kept }),
        };
      } catch (error) {
        return toFailure(error, signal);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** Opens connections. undici asks the lookup without naming a port, so each port has a lookup of its own. */
function createConnector({ egress, tls, resolve = systemResolve }: UndiciClientOptions): buildConnector.connector {
  const connectors = new Map<number, buildConnector.connector>();
  const shared = shareLookups(resolve);
  const security = {
    // Said, so that no variable of the environment can say otherwise (NODE_TLS_REJECT_UNAUTHORIZED, NODE_OPTIONS).
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ...(tls && { secureContext: createSecureContext({ ...toContext(tls), minVersion: "TLSv1.2" }) }),
  } as const;

  return function connect(options, callback) {
    const port = portOf(options);
    const connector =
      connectors.get(port) ??
      buildConnector({ ...security, timeout: CONNECT_TIMEOUT_MS, lookup: guardedLookup(egress, port, shared) });
    connectors.set(port, connector);
    connector(options, callback);
  };
}

function toContext({ ca, cert, key }: ClientTls) {
  return {
    ...(ca !== undefined && { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

type AnswerBody = Awaited<ReturnType<typeof request>>["body"];

async function dumpBody(body: AnswerBody, signal: AbortSignal): Promise<undefined> {
  await body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => {});
}

async function readBody(body: AnswerBody): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      // Leaving the loop closes the connection.
      if (size >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // What came is what there is.
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES));
}
