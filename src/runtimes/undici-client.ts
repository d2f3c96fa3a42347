/**
 * HTTP by undici, with a pool of connections per target. Each new connection asks the address policy about the
 * address it is really going to, so neither a redirect nor a changed DNS answer leads anywhere else.
 */
import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, request } from "undici";
import { orAborted } from "../core/or-aborted.ts";
import type { HttpAnswer, HttpClient } from "../sinks/http-client.ts";
import { MAX_ANSWER_BYTES, type SinkFailure } from "../sinks/sink.ts";

export interface UndiciClientOptions {
  readonly connections: number;
  readonly isAllowedAddress: (address: string) => boolean;
  /** All addresses of a name; the system's `lookup` unless told otherwise. */
  readonly resolve?: Resolve;
}

export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const CONNECT_TIMEOUT_MS = 3000;
const KEEP_ALIVE_MS = 30_000;

export function createUndiciClient({
  connections,
  isAllowedAddress,
  resolve = lookup,
}: UndiciClientOptions): HttpClient {
  const dispatcher = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // One deadline per try comes from the caller, by signal.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS, lookup: guardedLookup(isAllowedAddress, resolve) },
  });

  return {
    async post({ url, headers, body, signal }): Promise<HttpAnswer> {
      const literal = url.hostname.replace(/^\[(.*)\]$/, "$1");
      // No lookup happens for a literal address.
      if (isIP(literal) && !isAllowedAddress(literal)) return refused();
      try {
        // undici heeds the signal only from the moment that a connection takes the request up.
        const answer = await orAborted(request(url, { method: "POST", dispatcher, headers, body, signal }), signal);
        // The status is the answer. What becomes of the body, a reset or a deadline, does not change it.
        await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => {});
        const retryAfter = answer.headers["retry-after"];
        return { ok: true, status: answer.statusCode, retryAfter: Array.isArray(retryAfter) ? undefined : retryAfter };
      } catch (error) {
        return toFailure(error, signal);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

const REFUSED = "POOLCAST_ADDRESS_REFUSED";

function refused(): HttpAnswer {
  return { ok: false, reason: "address_refused", message: "the target's address is not one that targets may reach" };
}

/** Looks a name up and hands out its addresses only if every one of them is allowed. */
function guardedLookup(isAllowedAddress: (address: string) => boolean, resolve: Resolve): LookupFunction {
  return function lookupAllowed(hostname, options, callback) {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) return callback(error ?? new Error("no address"), "", 0);
      if (!addresses.every(({ address }) => isAllowedAddress(address))) {
        return callback(Object.assign(new Error("address refused"), { code: REFUSED }), "", 0);
      }
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

function toFailure(error: unknown, signal: AbortSignal): HttpAnswer {
  if (signal.aborted) return { ok: false, reason: "aborted", message: "aborted" };
  const { code, message } = describe(error);
  if (code === REFUSED) return refused();
  return { ok: false, reason: reasonOf(code), message };
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // What its parser chokes on has no code in undici, or one that names the parser's state.
  if (error.name === "HTTPParserError") return { code: "HPE_INVALID", message: code === "" ? "invalid HTTP" : code };
  return { code, message: code === "" ? error.message : code };
}

const INVALID_ANSWER = new Set(["UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);

function reasonOf(code: string): SinkFailure {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ENODATA") return "dns_failed";
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return "tls_failed";
  if (code.startsWith("HPE_") || INVALID_ANSWER.has(code)) return "invalid_answer";
  if (code === "UND_ERR_INVALID_ARG") return "unsendable";
  return "connection_failed";
}
