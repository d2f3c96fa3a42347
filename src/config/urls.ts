import type { DeadLetterTarget } from "./config.ts";
import { leaf } from "./section.ts";

/** User names and passwords in a URL end up in logs and metrics, so they are refused where `auth` can hold them. */
export const httpUrl = leaf("an http:// or https:// URL without user name and password", readHttpUrl);

const SOCKET_URL = "a redis:// or rediss:// URL with nothing behind the number of a database";

/** A Redis URL may hold credentials: there it is the only place for them. */
export const redisSocketUrl = leaf(SOCKET_URL, readSocketUrl);

/** The same, or that of a REST API as Upstash has it, whose token may stand elsewhere. */
export const redisUrl = leaf(
  `${SOCKET_URL}, or the https:// URL of a REST API with nothing behind the host and no user name`,
  readRedisUrl,
);

/** The same with the token in it. */
export const redisTargetUrl = leaf(
  `${SOCKET_URL}, or https://:TOKEN@HOST of a REST API with nothing behind the host and no user name`,
  readRedisTargetUrl,
);

/** Redis as `redis://host:6379/0?stream=dead`, since one text must say it all; `maxLen` may stand there too. */
export const deadLetterUrl = leaf(
  "an http:// or https:// URL without user name and password, or Redis with ?stream=NAME: a redis:// or rediss:// URL, or https://:TOKEN@HOST of a REST API",
  readDeadLetterUrl,
);

/** Schemas are published below this URL, so it carries no query, and no slash at its end. */
export const publicUrl = leaf("an http:// or https:// URL without user name, query and fragment", (input) =>
  typeof input === "string" && !/[?#]/.test(input) ? readHttpUrl(input)?.replace(/\/+$/, "") : undefined,
);

export function readHttpUrl(input: unknown): string | undefined {
  if (typeof input !== "string" || !/^https?:\/\/\S+$/i.test(input) || !URL.canParse(input)) return undefined;
  const { hostname, username, password } = new URL(input);
  return hostname !== "" && username === "" && password === "" ? input : undefined;
}

export function readDeadLetterUrl(input: unknown): DeadLetterTarget | undefined {
  const http = readHttpUrl(input);
  if (http !== undefined) return { kind: "http", url: http };
  const [, head, query] = typeof input === "string" ? (/^([^?#]+)\?([^?#]+)$/.exec(input) ?? []) : [];
  const url = readRedisTargetUrl(head);
  if (url === undefined) return undefined;
  const options = new URLSearchParams(query);
  const names = [...options.keys()];
  if (new Set(names).size < names.length || names.some((name) => name !== "stream" && name !== "maxLen"))
    return undefined;
  const stream = options.get("stream") ?? "";
  const maxLen = options.get("maxLen") ?? undefined;
  if (stream === "" || (maxLen !== undefined && !/^[1-9]\d{0,14}$/.test(maxLen))) return undefined;
  return { kind: "redis", url, stream, ...(maxLen !== undefined && { maxLen: Number(maxLen) }) };
}

export function readRedisUrl(input: unknown): string | undefined {
  return readSocketUrl(input) ?? readRestUrl(input);
}

function readRedisTargetUrl(input: unknown): string | undefined {
  const rest = readRestUrl(input);
  return rest === undefined ? readSocketUrl(input) : hasToken(rest) ? rest : undefined;
}

export function hasToken(restUrl: string): boolean {
  return new URL(restUrl).password !== "";
}

/** There is one database behind it, and the path is that of the API. */
export function readRestUrl(input: unknown): string | undefined {
  if (typeof input !== "string" || !/^https?:\/\/[^\s/?#]+\/?$/i.test(input) || !URL.canParse(input)) return undefined;
  const { hostname, username, password } = new URL(input);
  return hostname !== "" && username === "" && isDecodable(password) ? input : undefined;
}

function readSocketUrl(input: unknown): string | undefined {
  if (typeof input !== "string" || !/^rediss?:\/\/\S+$/i.test(input) || !URL.canParse(input)) return undefined;
  const { hostname, username, password, pathname, search, hash } = new URL(input);
  // What would be overlooked there, such as `?db=3`, must not be.
  if (hostname === "" || !/^(\/\d*)?$/.test(pathname) || search !== "" || hash !== "") return undefined;
  return isDecodable(username) && isDecodable(password) ? input : undefined;
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
