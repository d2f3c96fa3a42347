/** Who may call: a check of the headers, made before the body is read. Undefined means: come in. */

import type { Sha256 } from "../core/clock.ts";
import { decodeBase64 } from "../core/event.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { createCredentialCheck } from "../core/secret-compare.ts";
import { problem } from "./problem.ts";

export type AccessCheck = (request: Request) => Response | undefined;

/** Any of the keys as `x-api-key`, as a bearer token, or as the password of Basic authentication. */
export function requireKey(keys: readonly string[], sha256: Sha256): AccessCheck {
  const isAccepted = createCredentialCheck(keys, sha256);
  return function keyCheck(request) {
    const presented = presentedKeys(request.headers);
    if (presented.some(isAccepted)) return undefined;
    return problem("unauthorized", { headers: { "www-authenticate": 'Bearer realm="poolcast"' } });
  };
}

/** Any of the keys as Firehose sends it. */
export function requireFirehoseKey(keys: readonly string[], sha256: Sha256): AccessCheck {
  const isAccepted = createCredentialCheck(keys, sha256);
  return function firehoseKeyCheck(request) {
    const presented = request.headers.get("x-amz-firehose-access-key");
    return presented && isAccepted(presented) ? undefined : problem("unauthorized");
  };
}

/**
 * For a loopback listener without credentials: programs on this machine may call, web pages in its browser may not.
 * A page shows itself by `Origin`, or, where it rebinds a name to 127.0.0.1, by a foreign `Host`.
 */
export const requireLocalCaller: AccessCheck = (request) => {
  const host = request.headers.get("host");
  const foreign = host !== null && !isLoopbackHost(hostName(host));
  return foreign || request.headers.has("origin") ? problem("foreign_origin") : undefined;
};

function hostName(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function presentedKeys(headers: Headers): readonly string[] {
  const keys: string[] = [];
  const apiKey = headers.get("x-api-key");
  if (apiKey) keys.push(apiKey);
  const [scheme = "", value = ""] = (headers.get("authorization") ?? "").split(/ +/, 2);
  if (scheme.toLowerCase() === "bearer" && value) keys.push(value);
  if (scheme.toLowerCase() === "basic" && value) {
    const password = basicPassword(value);
    if (password) keys.push(password);
  }
  return keys;
}

function basicPassword(value: string): string | undefined {
  try {
    const text = new TextDecoder().decode(decodeBase64(value));
    const colon = text.indexOf(":");
    return colon < 0 ? undefined : text.slice(colon + 1);
  } catch {
    return undefined;
  }
}
