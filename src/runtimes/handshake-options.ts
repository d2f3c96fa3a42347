import type { Config, DeliveryConfig } from "../config/config.ts";

/** What a target is told that sends from here: the handshake's origin where no public URL is configured. */
const ORIGIN = "poolcast";
const LONGEST_PATIENCE_MS = 5000;

export function handshakeOf({ publicUrl }: Config, { rate, timeoutMs }: DeliveryConfig) {
  return {
    origin: publicUrl === undefined ? ORIGIN : new URL(publicUrl).hostname,
    ratePerMinute: rate > 0 ? Math.max(1, Math.floor(rate * 60)) : undefined,
    // The turn and the request must both find room in one try.
    patienceMs: Math.min(LONGEST_PATIENCE_MS, timeoutMs / 2),
  };
}
