/** Makes the events to send of what was given: attributes, data, whole events. All that is wrong is named before anything is sent. */
import { checkAttributes } from "../../core/cloudevent-attributes.ts";
import { type EventAttributes, encodeEvent } from "../../core/event.ts";
import { isObject } from "../../core/json.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { decodeStructuredEvent } from "../../core/structured-event.ts";
import { decodeUtf8 } from "../../core/utf8.ts";
import { exampleOf } from "../../events/example.ts";
import { eventData, eventTexts } from "./content.ts";

export interface Given {
  /** Context attributes, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Undefined: there is none. */
  readonly content?: Content | undefined;
}

export interface Content {
  readonly bytes: Uint8Array;
  /** Whether it may hold whole events, as a file may; else it is data. */
  readonly mayBeEvents: boolean;
}

export interface ComposeParts {
  readonly newId: () => string;
  /** RFC 3339. */
  readonly now: string;
}

export interface ComposedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** In the CloudEvents JSON format. */
  readonly json: string;
}

const SOURCE = "/poolcast/send-event";

export function composeEvents(
  { attributes, content }: Given,
  parts: ComposeParts,
): Result<readonly ComposedEvent[], readonly string[]> {
  const text = content?.mayBeEvents ? decodeUtf8(content.bytes) : undefined;
  const texts = text === undefined ? undefined : eventTexts(text);
  if (texts) return wholeEvents(texts, attributes, parts);
  if (attributes.type === undefined) {
    return err([content ? "--type: the file holds no whole event, so say of which type one with it is" : NO_TYPE]);
  }
  const base = content || attributes.datacontenttype ? undefined : exampleBase(attributes.type);
  const data = content ? eventData(content.bytes, attributes.datacontenttype) : undefined;
  if (data?.ok === false) return err([data.error]);
  const checked = checkAttributes(
    Object.entries({
      specversion: "1.0",
      id: parts.newId(),
      source: SOURCE,
      ...base?.attributes,
      time: parts.now,
      ...(data && { datacontenttype: data.value.contentType }),
      ...attributes,
    }),
  );
  if (!checked.ok) return err([invalid(checked.error)]);
  const { dataKind, data: dataText } = data?.value ?? { dataKind: base ? "json" : "none", data: base?.data };
  return ok([composed(checked.value, encodeEvent(checked.value, dataKind, dataText).bytes)]);
}

const NO_TYPE = "--type: say of which type the event is, or give whole events with --file";

/** What options say goes before what the event says; a new id and a source stand where it says none. */
function wholeEvents(
  texts: readonly string[],
  attributes: Given["attributes"],
  { newId }: ComposeParts,
): Result<readonly ComposedEvent[], readonly string[]> {
  if (texts.length > 1 && attributes.id !== undefined) {
    return err([`--id: the file holds ${texts.length} events, which would be one`]);
  }
  const events: ComposedEvent[] = [];
  const faults: string[] = [];
  for (const [at, text] of texts.entries()) {
    const decoded = decodeStructuredEvent(text, (candidates) => {
      const own = [...candidates].filter(([, value]) => value !== null);
      const all = { id: newId(), source: SOURCE, ...Object.fromEntries(own), ...attributes };
      return checkAttributes(Object.entries(all));
    });
    if (decoded.ok) {
      const { attributes: whole, dataKind, data } = decoded.value;
      events.push(composed(whole, encodeEvent(whole, dataKind, data).bytes));
    } else {
      faults.push(invalid(texts.length === 1 ? decoded.error : `event ${at + 1}: ${decoded.error}`));
    }
  }
  return faults.length > 0 ? err(faults) : ok(events);
}

/** In the words of the gateway, which would say the same. */
function invalid(fault: string): string {
  return `invalid_cloudevent: ${fault}`;
}

/** Of a type of the catalog: an event as it might have happened, sent by whoever sends it. */
function exampleBase(type: string): { readonly attributes: object; readonly data: string | undefined } | undefined {
  const example = exampleOf(type);
  if (example === undefined) return undefined;
  // When it was recorded is said by the gateway, and the road is the one that it takes.
  const { id: _, data, recordedtime: __, ...attributes } = example;
  return {
    attributes: { ...attributes, ...("road" in attributes && { road: "events" }) },
    data: isObject(data) ? JSON.stringify(data) : undefined,
  };
}

const decoder = new TextDecoder();

function composed({ id, source, type }: EventAttributes, bytes: Uint8Array): ComposedEvent {
  return { id, source, type, json: decoder.decode(bytes) };
}
