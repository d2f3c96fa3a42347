/**
 * Baseline B7: the loop of TriggerMesh's broker: one entry a read, one acknowledgement an entry, which is not waited
 * for. https://github.com/triggermesh/brokers/blob/main/pkg/backend/impl/redis/subscription.go
 */
import { createClient } from "@redis/client";

/** Entries a second from the beginning of the stream; what they hold is parsed as there. */
export async function oneByOneRate(url: string, stream: string, windowMs: number): Promise<number> {
  const client = createClient({ url, RESP: 2, maintNotifications: "disabled", commandOptions: { timeout: 0 } });
  let count = 0;
  await client.connect();
  try {
    const group = `one-by-one-${performance.now()}`;
    await client.sendCommand(["XGROUP", "CREATE", stream, group, "0"]);
    const startMs = performance.now();
    let elapsedMs = 0;
    let acknowledged: Promise<unknown> = Promise.resolve();
    while (elapsedMs < windowMs) {
      const reply = await client.sendCommand<[[string, [[string, [string, string]]]]]>([
        "XREADGROUP",
        "GROUP",
        group,
        "consumer",
        "COUNT",
        "1",
        "STREAMS",
        stream,
        ">",
      ]);
      const [[, [[id, [, body]]]]] = reply;
      JSON.parse(body);
      acknowledged = client.sendCommand(["XACK", stream, group, id]);
      count += 1;
      elapsedMs = performance.now() - startMs;
    }
    await acknowledged;
    await client.sendCommand(["XGROUP", "DESTROY", stream, group]);
    return (count * 1000) / elapsedMs;
  } finally {
    client.destroy();
  }
}
