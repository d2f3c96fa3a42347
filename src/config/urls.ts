import { leaf } from "./section.ts";

/** User names and passwords in a URL end up in logs and metrics, so they are refused where `auth` can hold them. */
export const httpUrl = leaf("an http:// or https:// URL without user name and password", readHttpUrl);

/** A Redis URL may hold credentials: there it is the only place for them. */
export const redisUrl = leaf("a redis:// or rediss:// URL with nothing behind the number of a database", readRedisUrl);

/** Schemas are published below this URL, so it carries no query, and no slash at its end. */
export const publicUrl = leaf("an http:// or https:// URL without user name, query and fragment", (input) =>
  typeof input === "string" && !/[?#]/.test(input) ? readHttpUrl(input)?.replace(/\/+$/, "") : undefined,
);

export function readHttpUrl(input: unknown): string | undefined {
  if (typeof input !== "string" || !/^https?:\/\/\S+$/i.test(input) || !URL.canParse(input)) return undefined;
  const { hostname, username, password } = new URL(input);
  return hostname !== "" && username === "" && password === "" ? input : undefined;
}

function readRedisUrl(input: unknown): string | undefined {
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
