/** An event as a subscription with privacy settings is to get it. docs/privacy.md says the same for users. */
import {
  decodeAttributes,
  decodeBase64,
  type EncodedEvent,
  type EventAttributes,
  encodeBase64,
  encodeEvent,
} from "../core/event.ts";
import { parseJson } from "../core/json.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { Openness } from "../events/personal-members.ts";
import { TYPE_PREFIX } from "../events/type-prefix.ts";
import { parseExactly } from "./exact-json.ts";
import { createFates, type Fate, type Fates, type Reach } from "./fates.ts";
import { fold } from "./fold.ts";
import { type Policy, stricter } from "./policy.ts";
import { createSweeper, type Sweeper } from "./sweep.ts";
import { type Place, TooDeep, type Visit, walkData } from "./walk.ts";

/** The same object where there is nothing to change. Throws where the event cannot be read. */
export type TreatEvent = (event: EncodedEvent) => EncodedEvent;

/** Tell one event from another and where it comes from; they are the same in every delivery. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  ...["specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "recordedtime", "traceparent"],
]);
/** Of our own events these are words and ids. */
const OWN_WORDS: ReadonlySet<string> = new Set(["action", "outcome", "road", "userpoolid", "clientid", "authtype"]);
const USER = "user/";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** `known`: values that other events told of, by their folded form. */
export function createTreatEvent(policy: Policy, known: ReadonlyMap<string, Fate> = new Map()): TreatEvent {
  return function treatEvent(event) {
    const { attributes, own, content, fates } = inspectEvent(event, policy);
    const sought = new Map([...known, ...fates.sought()]);
    const sweep = createSweeper(policy, sought);
    const treatment = createTreatment(policy, { sought, isSub: fates.isSub, sweep });
    const treated = treatAttributes(attributes, own, treatment);
    const data = treatContent(content, own, treatment);
    if (treated === attributes && data === content) return event;
    return writeEvent(treated, event.dataKind, data);
  };
}

export interface Inspected {
  readonly attributes: EventAttributes;
  /** Of a type that poolcast makes. */
  readonly own: boolean;
  readonly content: Content;
  readonly fates: Fates;
}

/** Whom the event shows, and what the policy would make of them. Throws where it cannot be read. */
export function inspectEvent(event: EncodedEvent, policy: Policy): Inspected {
  const attributes = decodeAttributes(event);
  const own = attributes.type.startsWith(TYPE_PREFIX);
  const fates = createFates(policy);
  const content = lookAt(readContent(event), own, fates);
  const username = own ? usernameIn(attributes, fates) : undefined;
  if (username !== undefined) fates.noteUsername(username);
  return { attributes, own, content, fates };
}

export type Content =
  | { readonly kind: "none" }
  /** JSON, be it the data itself or a text that is JSON. */
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "text"; readonly text: string }
  /** Nobody can look into it. */
  | { readonly kind: "opaque" };

function readContent({ bytes, dataOffset, dataKind }: EncodedEvent): Content {
  if (dataKind === "none") return { kind: "none" };
  const raw = decoder.decode(bytes.subarray(dataOffset, bytes.length - 1));
  if (dataKind === "json") return { kind: "json", value: parseExactly(raw) };
  const text = dataKind === "text" ? String(JSON.parse(raw)) : decodeUtf8(decodeBase64(String(JSON.parse(raw))));
  if (text === undefined) return { kind: "opaque" };
  const value = parseJson(text);
  return typeof value === "object" && value !== null
    ? { kind: "json", value: parseExactly(text) }
    : { kind: "text", text };
}

function writeEvent(attributes: EventAttributes, dataKind: EncodedEvent["dataKind"], data: Content): EncodedEvent {
  if (data.kind === "none" || data.kind === "opaque") return encodeEvent(attributes, "none");
  const text = data.kind === "json" ? JSON.stringify(data.value) : data.text;
  if (dataKind === "json") return encodeEvent(attributes, dataKind, text);
  return encodeEvent(
    attributes,
    dataKind,
    JSON.stringify(dataKind === "text" ? text : encodeBase64(encoder.encode(text))),
  );
}

/** Notes what the data show. What nobody can look through to its end is as good as opaque. */
function lookAt(content: Content, own: boolean, fates: Fates): Content {
  if (content.kind !== "json") return content;
  const note: Visit = (text, place) => {
    fates.note(text, place);
    return text;
  };
  try {
    walkData(content.value, own, note);
    return content;
  } catch (error) {
    if (error instanceof TooDeep) return { kind: "opaque" };
    throw error;
  }
}

/** What stands in a subject is a sub or else a username, also where the data show no user. */
function usernameIn({ subject }: EventAttributes, fates: Fates): string | undefined {
  const name = typeof subject === "string" && subject.startsWith(USER) ? subject.slice(USER.length) : "";
  return name === "" || fates.isSub(name) ? undefined : name;
}

/** Nearly all names of members are words, and there are many. */
const ADDRESS_LIKE = /[@%+.:\d]/;

const REACHES: Readonly<Record<Openness, Reach>> = { open: "attribute", name: "username", closed: "contact" };

interface Findings {
  readonly sought: ReadonlyMap<string, Fate>;
  readonly isSub: Fates["isSub"];
  readonly sweep: Sweeper;
}

function createTreatment(policy: Policy, { sought, isSub, sweep }: Findings) {
  /** A whole value. Undefined where it is dropped. */
  function whole(value: string, own: Policy["actions"]["email"]): string | undefined {
    const fate = sought.get(fold(value))?.action ?? "keep";
    const action = stricter(stricter(own, policy.actionByForm(value)), fate);
    if (action === "drop") return undefined;
    if (action !== "keep") return policy.replace(value, action);
    const swept = sweep(value, "username");
    return swept.dropped ? undefined : swept.text;
  }

  /** AWS has masked it already: a hash of that would be the same for many. */
  function contact(value: string): string | undefined {
    const action = policy.actions[value.includes("@") ? "email" : "phone"];
    if (!value.includes("*")) return whole(value, action);
    return action === "drop" || action === "hash" ? undefined : whole(value, "keep");
  }

  function visit(text: string, place: Place): string | undefined {
    switch (place.kind) {
      case "sub":
        return text;
      case "key":
        return ADDRESS_LIKE.test(text) ? sweep(text, "contact").text : text;
      case "text":
        return sweep(text, REACHES[place.openness]).text;
      case "contact":
        return contact(text);
      case "attribute":
        return whole(text, policy.attributeAction(place.name));
      default:
        return whole(text, policy.actions[place.kind]);
    }
  }
  return { visit, sweep, whole, isSub };
}

type Treatment = ReturnType<typeof createTreatment>;

function treatAttributes(attributes: EventAttributes, own: boolean, treatment: Treatment): EventAttributes {
  const treated: Record<string, EventAttributes[string]> = {};
  let changed = false;
  for (const [name, value] of Object.entries(attributes)) {
    const fixed = typeof value !== "string" || UNTOUCHED.has(name) || (own && OWN_WORDS.has(name));
    const seen = fixed ? value : treatAttribute(name, value, own, treatment);
    if (seen !== value) changed = true;
    if (seen !== undefined) treated[name] = seen;
  }
  return changed ? (treated as EventAttributes) : attributes;
}

/** An attribute that a value was cut out of would name nothing any more, so it goes as a whole. */
function treatAttribute(name: string, value: string, own: boolean, { sweep, whole, isSub }: Treatment) {
  if (own && name === "subject" && value.startsWith(USER)) {
    const user = value.slice(USER.length);
    const seen = isSub(user) ? user : whole(user, "keep");
    return seen === undefined || seen === "" ? undefined : USER + seen;
  }
  const swept = sweep(value, own ? "username" : "attribute");
  return swept.dropped || swept.text === "" ? undefined : swept.text;
}

function treatContent(content: Content, own: boolean, { visit, sweep }: Treatment): Content {
  if (content.kind === "text") {
    const { text } = sweep(content.text, "attribute");
    return text === content.text ? content : { kind: "text", text };
  }
  if (content.kind === "opaque") return { kind: "none" };
  if (content.kind === "none") return content;
  let changed = false;
  const value = walkData(content.value, own, function watch(text, place) {
    const seen = visit(text, place);
    if (seen !== text) changed = true;
    return seen;
  });
  return changed ? { kind: "json", value } : content;
}
