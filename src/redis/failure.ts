/** What becomes of a command that fails, told by the first word of the error reply. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */

export type RedisFailureCode =
  /** Out of reach, or not able to serve now: lost connection, no answer in time, loading, demoted, no primary. */
  | "unavailable"
  /** The memory limit is reached. */
  | "full"
  /** The server does not let us: wrong or missing credentials, or rights that this user has not. */
  | "denied"
  /** The server will not execute this command, now or later. */
  | "rejected";

export interface RedisFailureDetail extends ErrorOptions {
  /** The first word of the error reply, `OOM`, `NOGROUP`, or `HTTP 429` of a REST API. Empty where there was no reply. */
  readonly reply?: string;
  /** MOVED and ASK: where the slot is. */
  readonly redirect?: Redirect;
}

export interface Redirect {
  /** ASK is for this one command, MOVED for good. */
  readonly kind: "MOVED" | "ASK";
  /** Empty: the host that sent the redirection. */
  readonly host: string;
  readonly port: number;
}

/** Its message names no credential and no argument of a command. */
export class RedisFailure extends Error {
  readonly code: RedisFailureCode;
  readonly reply: string;
  readonly redirect: Redirect | undefined;
  constructor(code: RedisFailureCode, message: string, { reply = "", redirect, ...options }: RedisFailureDetail = {}) {
    super(message, options);
    this.name = "RedisFailure";
    this.code = code;
    this.reply = reply;
    this.redirect = redirect;
  }
}

const CODES: Readonly<Record<string, RedisFailureCode>> = {
  OOM: "full",
  NOAUTH: "denied",
  WRONGPASS: "denied",
  NOPERM: "denied",
  READONLY: "unavailable",
  LOADING: "unavailable",
  MASTERDOWN: "unavailable",
  CLUSTERDOWN: "unavailable",
  TRYAGAIN: "unavailable",
  BUSY: "unavailable",
  NOREPLICAS: "unavailable",
  // The disk does not take what was to be saved, and the server is told to refuse writes then.
  MISCONF: "unavailable",
  UNBLOCKED: "unavailable",
  MOVED: "unavailable",
  ASK: "unavailable",
};

/**
 * What a service says about its own limits, which has no word of its own, at Upstash.
 * https://upstash.com/docs/redis/troubleshooting/max_daily_request_limit and the pages beside it
 */
const LIMITS: readonly (readonly [RegExp, RedisFailureCode])[] = [
  [/^ERR max (daily |monthly )?requests? limit exceeded/, "unavailable"],
  [/^ERR max concurrent connections exceeded/, "unavailable"],
  [/^ERR (DB capacity quota|max single record size) exceeded/, "full"],
];

const MAX_MESSAGE = 200;

/** Of the text of an error reply, as `OOM command not allowed when used memory > 'maxmemory'.` */
export function replyFailure(text: string): RedisFailure {
  // A script before Redis 7 wraps what a call in it answered, or part of it, and says the line twice:
  // `ERR Error running script (...): @user_script:1: @user_script: 1: -OOM ...`. Servers that are not of Redis do alike.
  const inner = /^(?:(?:ERR )?Error running script[^:]*: )?(?:[@<]user_script>?: ?\d+: )+-?([A-Z]+ .*)/s.exec(
    text,
  )?.[1];
  const reply = (inner ?? text).replace(/^-/, "");
  const word = /^[A-Z]+(?=\s|$)/.exec(reply)?.[0] ?? "ERR";
  // An unknown command is answered with its arguments, which are events and may be passwords.
  const message = reply.replace(/,? with args beginning with:.*/s, "").slice(0, MAX_MESSAGE);
  const redirect = readRedirect(reply);
  const code = CODES[word] ?? LIMITS.find(([said]) => said.test(reply))?.[1] ?? "rejected";
  return new RedisFailure(code, message, { reply: word, ...(redirect && { redirect }) });
}

/** Of whatever a socket, a TLS handshake or a name lookup rejected with. */
export function connectionFailure(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error;
  const message = error instanceof Error ? error.message || codeOf(error) : String(error);
  return new RedisFailure("unavailable", message.slice(0, MAX_MESSAGE) || "the connection failed", { cause: error });
}

export function notReady(message: string): RedisFailure {
  return new RedisFailure("unavailable", message);
}

/** Several addresses of a name that all refuse make an AggregateError, whose message is empty. */
function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}

/** `MOVED 3999 127.0.0.1:6381`; the host may be an IPv6 address, or empty. */
function readRedirect(reply: string): Redirect | undefined {
  const [, kind, host = "", port] = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(reply) ?? [];
  if (kind !== "MOVED" && kind !== "ASK") return undefined;
  return { kind, host: host === "?" ? "" : host, port: Number(port) };
}
