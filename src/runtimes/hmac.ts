import { createHmac } from "node:crypto";
import type { HmacSha256 } from "../core/clock.ts";

export const hmacSha256: HmacSha256 = (key, text) => createHmac("sha256", key).update(text).digest();
