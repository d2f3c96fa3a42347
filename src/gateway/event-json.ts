import type { EncodedEvent } from "../core/event.ts";
import { parseExactly } from "../privacy/exact-json.ts";

/** An event in the CloudEvents JSON format, as a value to be written as JSON again: its numbers stay what they are. */
export function eventJson({ bytes }: EncodedEvent): unknown {
  return parseExactly(new TextDecoder().decode(bytes));
}
