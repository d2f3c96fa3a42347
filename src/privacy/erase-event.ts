/**
 * What of a stored event is erased when a user is to be forgotten. Of an event about the user stays that it happened, with
 * the sub; out of one that is about nobody in particular the user's names and addresses are cut. Pure: it is shown events,
 * some of them more than once, and says what is to stand in their place.
 */
import type { PrivacyConfig } from "../config/config.ts";
import { decodeAttributes, type EncodedEvent, type EventAttributes, encodeEvent } from "../core/event.ts";
import { isObject, type JsonObject, member } from "../core/json.ts";
import { SYNC_TRIGGER } from "../events/type-prefix.ts";
import type { Fate } from "./fates.ts";
import { fold } from "./fold.ts";
import { contactKindOf } from "./patterns.ts";
import { createPolicy } from "./policy.ts";
import { createTreatEvent, type Inspected, inspectEvent } from "./treat-event.ts";

export interface ErasedEvent {
  readonly event: EncodedEvent;
  readonly partitionKey: string | undefined;
}

export interface Eraser {
  /** True where the event told a name or address of the user that no other had told: the others are to be looked at again. */
  learn(event: EncodedEvent): boolean;
  /** The same from what is remembered of the user, in a pool. */
  learnUser(poolArn: string, user: JsonObject): void;
  /** Undefined where nothing is to be changed. */
  erase(event: EncodedEvent): ErasedEvent | undefined;
  /** Where the user was seen. */
  pools(): readonly string[];
  /** For another eraser of the same user, since an event that is erased tells nothing any more. */
  learned(): Learned;
}

/** Plain data, and the user's own. */
export interface Learned {
  readonly pools: readonly string[];
  readonly names: readonly Fate[];
}

export const NOTHING_LEARNED: Learned = { pools: [], names: [] };

export interface ErasedUser {
  readonly sub: string;
  /** Only events of this pool, and of nobody's. */
  readonly poolArn?: string | undefined;
}

const DROP: PrivacyConfig = { email: "drop", phone: "drop", ip: "drop", username: "drop", attributes: ["sub"] };
const KEEP: PrivacyConfig = { email: "keep", phone: "keep", ip: "keep", username: "keep", attributes: "keep" };
const UNKNOWN_POOL = /:userpool\/unknown$/;

/** A sub of Cognito's has 36 characters. */
const SHORTEST_FOUND = 8;

const decoder = new TextDecoder();

export function createEraser({ sub, poolArn }: ErasedUser, learned = NOTHING_LEARNED): Eraser {
  const [dropAll, keepAll] = [createPolicy(DROP, noHash), createPolicy(KEEP, noHash)];
  const known = new Map(learned.names.map((fate) => [fold(fate.value), fate]));
  const pools = new Set(learned.pools);
  const treatAbout = createTreatEvent(dropAll, known);
  const treatMention = createTreatEvent(keepAll, known);
  const needle = fold(sub);
  const isLong = needle.length >= SHORTEST_FOUND;

  function isOfPool({ attributes, own }: Inspected): boolean {
    return !own || poolArn === undefined || attributes.source === poolArn;
  }

  /** Nearly all events are about others, and need not be taken apart. */
  function mayConcern({ bytes, dataKind }: EncodedEvent): boolean {
    const text = fold(decoder.decode(bytes));
    // Other spellings of what is looked for.
    if (dataKind === "base64" || text.includes("\\u")) return true;
    return (
      text.includes(needle) || [...known.keys()].some((value) => spellings(value).some((one) => text.includes(one)))
    );
  }

  function kindOf(event: EncodedEvent, seen: Inspected): "about" | "mention" | undefined {
    const { attributes, own, fates } = seen;
    if (!isOfPool(seen)) return undefined;
    if (fates.subs.size > 1) return fates.subs.has(needle) ? "mention" : undefined;
    if (fates.subs.size === 1) return fates.subs.has(needle) ? "about" : undefined;
    const { subject, partitionkey, authid } = attributes;
    if ([subject, partitionkey, authid].some((value) => value === sub || value === `user/${sub}`)) return "about";
    // In what shape others tell of him is not known; a shorter text may stand anywhere.
    if (!own) return isLong && fold(decoder.decode(event.bytes)).includes(needle) ? "about" : "mention";
    if (!pools.has(attributes.source) && !UNKNOWN_POOL.test(attributes.source)) return undefined;
    return [...fates.usernames].some((name) => known.has(name)) ? "about" : "mention";
  }

  function remember(fates: Inspected["fates"]): boolean {
    const before = known.size;
    for (const [key, fate] of fates.sought()) {
      // An address of the network is that of others too, and an attribute's value may be any word.
      if (fate.reach === "attribute" || contactKindOf(fate.value) === "ip" || key === needle) continue;
      if (!known.has(key)) known.set(key, fate);
    }
    return known.size > before;
  }

  return {
    learn(event) {
      if (!mayConcern(event)) return false;
      const seen = inspectEvent(event, dropAll);
      if (kindOf(event, seen) !== "about") return false;
      const { own, attributes } = seen;
      const isNewPool = own && !pools.has(attributes.source);
      if (own) pools.add(attributes.source);
      return remember(seen.fates) || isNewPool;
    },
    learnUser(arn, user) {
      pools.add(arn);
      const attributes = { specversion: "1.0", id: "-", source: arn, type: "-" } as const;
      remember(inspectEvent(encodeEvent(attributes, "json", JSON.stringify({ user })), dropAll).fates);
    },
    erase(event) {
      if (!mayConcern(event)) return undefined;
      const seen = inspectEvent(event, dropAll);
      const kind = kindOf(event, seen);
      if (kind === undefined || (kind === "mention" && seen.content.kind === "opaque")) return undefined;
      const erased = kind === "about" ? treatAbout(bareOf(event, seen, sub)) : treatMention(event);
      if (isSame(erased.bytes, event.bytes)) return undefined;
      const { partitionkey } = decodeAttributes(erased);
      return { event: erased, partitionKey: typeof partitionkey === "string" ? partitionkey : undefined };
    },
    pools: () => [...pools],
    learned: () => ({ pools: [...pools], names: [...known.values()] }),
  };
}

/** That it happened, where, by what call and with what outcome; of others' events whatever is left of them. */
function bareOf(event: EncodedEvent, { attributes, own, content }: Inspected, sub: string): EncodedEvent {
  if (!own || attributes.type === SYNC_TRIGGER || content.kind !== "json" || !isObject(content.value)) return event;
  return encodeEvent(withSub(attributes, sub), "json", JSON.stringify(bareData(content.value, sub)));
}

/** The subject and the key may have been the username. */
function withSub(attributes: EventAttributes, sub: string): EventAttributes {
  const { subject, partitionkey } = attributes;
  return {
    ...attributes,
    ...(subject?.startsWith("user/") && { subject: `user/${sub}` }),
    ...(partitionkey !== undefined && subject?.startsWith("user/") && { partitionkey: sub }),
  };
}

const STAYING = ["action", "outcome", "error", "userPool", "client", "user", "group", "changes", "actor", "record"];

function bareData(data: JsonObject, sub: string): JsonObject {
  const { error, changes, actor } = data;
  const bare: Readonly<Record<string, unknown>> = {
    ...data,
    ...(isObject(error) && { error: { code: member(error, "code") } }),
    user: { sub },
    ...(Array.isArray(changes) && { changes: changes.map((one) => ({ path: member(one, "path") })) }),
    ...(isObject(actor) && { actor: callerOf(actor) }),
  };
  return Object.fromEntries(STAYING.filter((name) => Object.hasOwn(bare, name)).map((name) => [name, bare[name]]));
}

/** Whose credentials they were, where it was not the user; never from where and with what. */
function callerOf({ type, arn, accountId, principalId }: JsonObject): JsonObject {
  return { type, arn, accountId, principalId };
}

function spellings(value: string): readonly string[] {
  return [value, fold(encodeURIComponent(value.toWellFormed())), JSON.stringify(value).slice(1, -1)];
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function noHash(): never {
  throw new Error("nothing is hashed here");
}
