/**
 * Access tokens by the client credentials grant of OAuth 2.0. https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 * One token serves all tries until shortly before it expires; who needs one while it is fetched waits for the same.
 */
import type { Clock } from "../core/clock.ts";
import { encodeBase64 } from "../core/event.ts";
import { member, parseJson } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { HttpAnswer, HttpClient } from "./http-client.ts";

export interface TokenOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

export interface TokenSource {
  /** The error says in a word why there is none, as `status_400 invalid_client`; never anything secret. */
  token(): Promise<Result<string, string>>;
  /** The target refused this token. Answers whether another may do better. */
  refused(token: string): boolean;
  close(): Promise<void>;
}

interface Token {
  readonly text: string;
  readonly usableUntilMs: number;
  /** It was fetched because the target had refused the one before. */
  readonly afterRefusal: boolean;
  readonly fetchedAtMs: number;
}

const FETCH_TIMEOUT_MS = 10_000;
/** Of a token that does not say how long it lives; section 5.1 only recommends that it does. */
const DEFAULT_LIFETIME_S = 300;
/** Before it expires, so that it is still good when the request arrives; of a short life no more than a fifth. */
const EARLY_MS = 60_000;
/** A target that refuses fresh tokens is not to make us fetch one for each of its answers. */
const REFRESH_PAUSE_MS = 30_000;
/** After a failure: those that wait are told the same. */
const FAILURE_PAUSE_MS = 1000;

export function createTokenSource(
  { tokenUrl, clientId, clientSecret, scope }: TokenOptions,
  { client, clock }: { readonly client: HttpClient; readonly clock: Clock },
): TokenSource {
  const url = new URL(tokenUrl);
  const body = new TextEncoder().encode(
    new URLSearchParams({ grant_type: "client_credentials", ...(scope !== undefined && { scope }) }).toString(),
  );
  const headers = {
    "user-agent": "poolcast",
    accept: "application/json",
    "accept-encoding": "identity",
    "content-type": "application/x-www-form-urlencoded",
    authorization: `Basic ${encodeBase64(new TextEncoder().encode(`${formEncode(clientId)}:${formEncode(clientSecret)}`))}`,
  };
  let current: Token | undefined;
  let failure: { readonly reason: string; readonly untilMs: number } | undefined;
  let fetching: Promise<Result<string, string>> | undefined;
  let refusedBefore = false;

  async function fetchToken(): Promise<Result<string, string>> {
    const afterRefusal = refusedBefore;
    refusedBefore = false;
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const answer = await client.send({ method: "POST", url, headers, body, keepBody: true, signal });
    const read = readToken(answer);
    const nowMs = clock();
    if (!read.ok) {
      const reason = signal.aborted ? "timeout" : read.error;
      failure = { reason, untilMs: nowMs + FAILURE_PAUSE_MS };
      return err(reason);
    }
    const { text, lifetimeMs } = read.value;
    const usableUntilMs = nowMs + lifetimeMs - Math.min(EARLY_MS, lifetimeMs / 5);
    current = { text, usableUntilMs, afterRefusal, fetchedAtMs: nowMs };
    return ok(text);
  }

  return {
    async token() {
      const nowMs = clock();
      if (current && nowMs < current.usableUntilMs) return ok(current.text);
      if (fetching) return fetching;
      if (failure && nowMs < failure.untilMs) return err(failure.reason);
      fetching = fetchToken().finally(() => {
        fetching = undefined;
      });
      return fetching;
    },
    refused(token) {
      // Somebody else has heard of it, and a newer one is there or on its way.
      if (current?.text !== token) return true;
      if (current.afterRefusal && clock() - current.fetchedAtMs < REFRESH_PAUSE_MS) return false;
      current = undefined;
      refusedBefore = true;
      return true;
    },
    close: () => client.close(),
  };
}

/** Names a client in a way that survives the colon of Basic: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-5 */
function readToken(answer: HttpAnswer): Result<{ readonly text: string; readonly lifetimeMs: number }, string> {
  if (!answer.ok) return err(answer.reason);
  const json = parseJson(decodeUtf8(answer.body ?? new Uint8Array(0)) ?? "");
  if (answer.status !== 200) {
    const code = member(json, "error");
    // Only codes of the section: what else stands there may quote the request.
    return err(`status_${answer.status}${isErrorCode(code) ? ` ${code}` : ""}`);
  }
  const text = member(json, "access_token");
  const type = member(json, "token_type");
  if (typeof text !== "string" || !/^[\x21-\x7e]{1,8192}$/.test(text)) return err("answer_without_token");
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") return err("unknown_token_type");
  const seconds = Number(member(json, "expires_in") ?? DEFAULT_LIFETIME_S);
  return ok({ text, lifetimeMs: (seconds > 0 ? seconds : DEFAULT_LIFETIME_S) * 1000 });
}

const ERROR_CODES = new Set<unknown>([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
]);

function isErrorCode(code: unknown): code is string {
  return ERROR_CODES.has(code);
}
