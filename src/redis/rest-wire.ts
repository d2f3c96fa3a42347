/**
 * Commands and replies as Upstash's REST API has them: JSON, with the strings of a reply in base64.
 * https://upstash.com/docs/redis/features/restapi
 */
import { joinBytes } from "../core/collect-bytes.ts";
import { decodeBase64 } from "../core/event.ts";
import { isObject, parseJson } from "../core/json.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { RedisFailure, type RedisFailureCode, replyFailure } from "./failure.ts";
import type { RedisArgument, RedisReply } from "./redis.ts";
import { type RawReply, toReply } from "./resp.ts";

export interface RestResponse {
  readonly status: number;
  /** Undefined where it was larger than anybody reads. */
  readonly body: Uint8Array | undefined;
}

/** What became of the commands of one request. */
export type RestOutcome =
  /** Each in its place. */
  | { readonly kind: "replies"; readonly replies: readonly (RedisReply | RedisFailure)[] }
  /** For all of them; the next request may fare better. */
  | { readonly kind: "refused"; readonly failure: RedisFailure }
  /** It is not this API that answers there, or it does not serve us now. */
  | { readonly kind: "lost"; readonly failure: RedisFailure };

const encoder = new TextEncoder();
/** Bytes for bytes, so that a mark of the byte order stays as well. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const OPEN = encoder.encode("[");
const COMMA = encoder.encode(",");
const CLOSE = encoder.encode("]");
const NOT_THIS_API = "that is no REST API as Upstash has it";

/** Throws a RedisFailure for bytes that are no UTF-8, which JSON cannot hold. */
export function encodeRestCommand(args: readonly RedisArgument[]): Uint8Array {
  return encoder.encode(JSON.stringify(args.map((arg) => (typeof arg === "string" ? arg : textOf(arg)))));
}

/** The body of a request to `/pipeline`; each command adds one byte to its own. */
export function pipelineOf(commands: readonly Uint8Array[]): Uint8Array {
  return joinBytes([...commands.flatMap((one, at) => [at === 0 ? OPEN : COMMA, one]), CLOSE]);
}

/** `wanted` tells of each command whether the strings of its reply are to come as bytes. */
export function readOutcome({ status, body }: RestResponse, wanted: readonly boolean[]): RestOutcome {
  switch (status) {
    case 200:
      if (!body) return { kind: "refused", failure: answered("unavailable", status, "the reply is too large") };
      return readReplies(readJson(body), wanted) ?? lost("unavailable", status, NOT_THIS_API);
    case 400:
      return readRefusal(body && readJson(body)) ?? lost("unavailable", status, NOT_THIS_API);
    case 401:
    case 403:
      return lost("denied", status, "does it take this token?");
    case 413:
      return { kind: "refused", failure: answered("rejected", status, "the request is too large for it") };
    case 429:
      return lost("unavailable", status, "too many requests");
    default:
      if (status >= 500) return lost("unavailable", status, "it does not serve now");
      if (status >= 300 && status < 400) return lost("unavailable", status, "no redirection is followed");
      return lost("unavailable", status, "is that the URL of a database?");
  }
}

/** Undefined where that is no answer of this API. */
function readReplies(items: unknown, wanted: readonly boolean[]): RestOutcome | undefined {
  if (!Array.isArray(items) || items.length !== wanted.length) return undefined;
  try {
    return { kind: "replies", replies: items.map((item, at) => readItem(item, wanted[at] === true)) };
  } catch {
    return undefined;
  }
}

/** Throws for what is neither a result nor an error. */
function readItem(item: unknown, asBytes: boolean): RedisReply | RedisFailure {
  if (isObject(item)) {
    if (typeof item.error === "string") return withoutRedirect(replyFailure(item.error));
    if (Object.hasOwn(item, "result")) return toReply(toRaw(item.result), asBytes);
  }
  throw new Error("no reply");
}

/** Every string is base64 but `OK`, which none of that is. */
function toRaw(value: unknown): RawReply {
  if (value === null || typeof value === "number") return { kind: "value", value };
  if (value === "OK") return { kind: "status", text: value };
  if (typeof value === "string") return { kind: "bulk", bytes: decodeBase64(value) };
  if (Array.isArray(value)) return { kind: "list", items: value.map(toRaw) };
  throw new Error("no reply");
}

/** Of a request as a whole. What the next one would meet as well is a loss. */
function readRefusal(told: unknown): RestOutcome | undefined {
  if (!isObject(told) || typeof told.error !== "string") return undefined;
  const failure = withoutRedirect(replyFailure(told.error));
  return { kind: failure.code === "rejected" || failure.code === "full" ? "refused" : "lost", failure };
}

/** There is one host, which has been given a token that no other may see. */
function withoutRedirect({ code, message, reply }: RedisFailure): RedisFailure {
  return new RedisFailure(code, message, { reply });
}

function lost(code: RedisFailureCode, status: number, hint: string): RestOutcome {
  return { kind: "lost", failure: answered(code, status, hint) };
}

/** What stands in such a body may be of anybody, and is not repeated. */
function answered(code: RedisFailureCode, status: number, hint: string): RedisFailure {
  return new RedisFailure(code, `the REST API answered ${status}: ${hint}`, { reply: `HTTP ${status}` });
}

function readJson(body: Uint8Array): unknown {
  const text = decodeUtf8(body);
  return text === undefined ? undefined : parseJson(text);
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new RedisFailure("rejected", "an argument is no UTF-8, which the REST API cannot be told", { cause });
  }
}
