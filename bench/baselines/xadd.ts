/** Baseline B6: entries of the same bytes by bare XADD through the same client, pipelined by so many writers at once. */
import { createClient } from "@redis/client";

export const IN_FLIGHT = 64;

/** Entries a second, each answered. */
export async function xaddRate(url: string, stream: string, bytes: Uint8Array, windowMs: number): Promise<number> {
  const client = createClient({ url, RESP: 2, maintNotifications: "disabled", commandOptions: { timeout: 0 } });
  const body = Buffer.from(bytes);
  let count = 0;
  await client.connect();
  try {
    const startMs = performance.now();
    const untilMs = startMs + windowMs;
    const write = async () => {
      while (performance.now() < untilMs) {
        await client.sendCommand(["XADD", stream, "*", "ce", body]);
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, write));
    return (count * 1000) / (performance.now() - startMs);
  } finally {
    client.destroy();
  }
}
