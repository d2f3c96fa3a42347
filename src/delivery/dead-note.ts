/**
 * What a dead letter tells of the try it died of, in the attributes that Knative gave a name to.
 * https://knative.dev/docs/eventing/event-delivery/#configuring-channel-event-delivery
 */
import { decodeAttributes, type EncodedEvent, encodeBase64, encodeEvent } from "../core/event.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { Try } from "./verdict.ts";

/** Knative cuts the base64 of the body at 1024 characters; as many bytes make those exactly. */
const MOST_BYTES = 768;
/** What Knative writes where there was no answer. */
const NO_ANSWER = 500;

const encoder = new TextEncoder();

/** `target` is where the event could not be delivered; without a result it was given up before any try. */
export function writeDeadNote(target: string, result: Try["result"] | undefined): string {
  const isAnswer = result?.kind === "answer";
  const code = isAnswer ? result.status : NO_ANSWER;
  const body = isAnswer ? (result.body ?? new Uint8Array(0)) : encoder.encode(`dispatch error: ${wordFor(result)}`);
  const attributes: DeadAttributes = {
    knativeerrordest: target,
    knativeerrorcode: code,
    knativeerrordata: encodeBase64(body.subarray(0, MOST_BYTES)),
  };
  return JSON.stringify(attributes);
}

interface DeadAttributes {
  readonly knativeerrordest: string;
  readonly knativeerrorcode: number;
  readonly knativeerrordata: string;
}

/** Never the message of a failure: it may name an address that is nobody else's business. */
function wordFor(result: Try["result"] | undefined): string {
  if (result === undefined) return "max_age";
  return result.kind === "failure" ? result.reason : result.kind;
}

/**
 * The event with the attributes of its note, in place of any that it had by those names; the data keeps its bytes. An
 * event that cannot be read stays as it is, for the sink to say so, and one whose note was forgotten with what it told of.
 */
export function withDeadNote(event: EncodedEvent, note: string): EncodedEvent {
  try {
    const { knativeerrordest, knativeerrorcode, knativeerrordata }: DeadAttributes = JSON.parse(note);
    const attributes = { ...decodeAttributes(event), knativeerrordest, knativeerrorcode, knativeerrordata };
    const data = event.dataKind === "none" ? undefined : decodeUtf8(event.bytes.subarray(event.dataOffset, -1));
    return encodeEvent(attributes, event.dataKind, data);
  } catch {
    return event;
  }
}
