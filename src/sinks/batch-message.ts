/**
 * Several events in one body, in the batched content mode of CloudEvents.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#33-batched-content-mode
 */
import type { Sha256 } from "../core/clock.ts";
import type { EncodedEvent } from "../core/event.ts";
import { toHex } from "../core/hex.ts";

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d];

/** A JSON array of the events, each as it is stored. */
export function batchMessage(events: readonly EncodedEvent[]) {
  let size = 1;
  for (const { bytes } of events) size += bytes.length + 1;
  const body = new Uint8Array(size);
  let at = 0;
  for (const { bytes } of events) {
    body[at] = at === 0 ? OPEN : COMMA;
    body.set(bytes, at + 1);
    at += bytes.length + 1;
  }
  body[at] = CLOSE;
  return { headers: { "content-type": "application/cloudevents-batch+json; charset=UTF-8" }, body };
}

/** Of the ids of its events: the same events in the same order are the same batch, and one event keeps its own. */
export function batchId(ids: readonly string[], sha256: Sha256): string {
  const [first = "", ...others] = ids;
  return others.length === 0 ? first : `batch_${toHex(sha256(ids.join("\n")).subarray(0, 16))}`;
}
