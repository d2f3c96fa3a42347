/** Hashing as Node, Deno and workerd all have it; everything else is handed these functions. */
import { createHmac, hash } from "node:crypto";
import type { HmacSha256, Sha256 } from "../core/clock.ts";

/** In one call: half the time that a `createHash` of a short text takes. */
export const sha256: Sha256 = (text) => hash("sha256", text, "buffer");

export const hmacSha256: HmacSha256 = (key, text) => createHmac("sha256", key).update(text).digest();
