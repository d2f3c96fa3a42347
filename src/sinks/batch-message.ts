/**
 * Several events in one body, in the batched content mode of CloudEvents.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#33-batched-content-mode
 */
import type { EncodedEvent } from "../core/event.ts";
import { toHex } from "../core/hex.ts";

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d];
const [BEGIN, END] = [0x7b, 0x7d];

/** A JSON array of the events, each as it is stored. Throws where one is damaged, as far as its ends show it. */
export function batchMessage(events: readonly EncodedEvent[]) {
  let size = 1;
  for (const { bytes } of events) size += bytes.length + 1;
  const body = new Uint8Array(size);
  let at = 0;
  for (const { bytes } of events) {
    if (bytes[0] !== BEGIN || bytes[bytes.length - 1] !== END) throw new Error("an event that is no JSON object");
    body[at] = at === 0 ? OPEN : COMMA;
    body.set(bytes, at + 1);
    at += bytes.length + 1;
  }
  body[at] = CLOSE;
  return { headers: { "content-type": "application/cloudevents-batch+json; charset=UTF-8" }, body };
}

/** Of its bytes: the same events in the same order are the same batch, at every try and after every restart. */
export async function batchId(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", body);
  return `batch_${toHex(new Uint8Array(hash, 0, 16))}`;
}
