/**
 * A CloudEvent as poolcast stores and sends it.
 *
 * The event is written to bytes once, as the structured JSON of the CloudEvents JSON format with the data member
 * last. Structured delivery sends those bytes as they are; binary delivery sends the slice that holds the data.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */

import type { ContextAttributes } from "./context-attributes.ts";

export type AttributeValue = string | number | boolean;

/** Context attributes and extensions, as they stand in the JSON format. */
export interface EventAttributes extends ContextAttributes {
  readonly [name: string]: AttributeValue | undefined;
}

/** How the data stands in the structured JSON: a JSON value, a JSON string of text, base64 of bytes, or not at all. */
export type DataKind = "json" | "text" | "base64" | "none";

export interface EncodedEvent {
  /** The structured JSON, UTF-8; `data` or `data_base64`, where there is one, is its last member. */
  readonly bytes: Uint8Array;
  /** Byte offset of that member's value; `bytes.length` where there is none. */
  readonly dataOffset: number;
  readonly dataKind: DataKind;
}

const DATA_MEMBER: Readonly<Record<Exclude<DataKind, "none">, string>> = {
  json: ',"data":',
  text: ',"data":',
  base64: ',"data_base64":',
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `data` is the JSON text of the value: for `text` and `base64` a JSON string. */
export function encodeEvent(attributes: EventAttributes, dataKind: DataKind, data?: string): EncodedEvent {
  const context = JSON.stringify(attributes);
  if (dataKind === "none" || data === undefined) {
    const bytes = encoder.encode(context);
    return { bytes, dataOffset: bytes.length, dataKind: "none" };
  }
  const head = context.slice(0, -1) + DATA_MEMBER[dataKind];
  const text = `${head}${data}}`;
  const bytes = encoder.encode(text);
  // As many bytes as characters: all of it is ASCII, as nearly every event is.
  const dataOffset = bytes.length === text.length ? head.length : encoder.encode(head).length;
  return { bytes, dataOffset, dataKind };
}

/** The context attributes of an encoded event. */
export function decodeAttributes({ bytes, dataOffset, dataKind }: EncodedEvent): EventAttributes {
  if (dataKind === "none") return JSON.parse(decoder.decode(bytes));
  const context = decoder.decode(bytes.subarray(0, dataOffset - DATA_MEMBER[dataKind].length));
  return JSON.parse(`${context}}`);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_T = 0x74;
const TYPE_MEMBER = Array.from('"type":"', (character) => character.charCodeAt(0));

/**
 * The `type` of an encoded event, without reading the others. A quotation mark within a text has a backslash before it,
 * so what looks like the member is the member.
 */
export function decodeType(event: EncodedEvent): string {
  const { bytes, dataOffset } = event;
  for (let at = bytes.indexOf(QUOTE); at >= 0 && at < dataOffset; at = bytes.indexOf(QUOTE, at + 1)) {
    if (bytes[at + 1] !== LETTER_T || bytes[at - 1] === BACKSLASH) continue;
    if (!TYPE_MEMBER.every((code, offset) => bytes[at + offset] === code)) continue;
    const start = at + TYPE_MEMBER.length;
    const end = bytes.indexOf(QUOTE, start);
    const text = bytes.subarray(start, end);
    return text.includes(BACKSLASH) ? decodeAttributes(event).type : decoder.decode(text);
  }
  return decodeAttributes(event).type;
}

/** The data as a binary-mode body: the payload's own bytes. */
export function dataBytes({ bytes, dataOffset, dataKind }: EncodedEvent): Uint8Array {
  const raw = bytes.subarray(dataOffset, bytes.length - 1);
  switch (dataKind) {
    case "none":
      return new Uint8Array(0);
    case "json":
      return raw;
    case "text":
      return encoder.encode(JSON.parse(decoder.decode(raw)));
    case "base64":
      return decodeBase64(JSON.parse(decoder.decode(raw)));
  }
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Throws where the text is no base64. */
export function decodeBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
