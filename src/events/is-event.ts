/** A quick look at a value, without schemas: small enough for a browser or an edge function. */
import { EVENT_TYPES } from "./type-names.ts";
import { openFamilyOf, SYNC_TRIGGER, TYPE_PREFIX } from "./type-prefix.ts";
import type { CognitoEvent, CognitoEventOf, EventType } from "./types.ts";

const known: ReadonlySet<string> = /* @__PURE__ */ new Set<string>(EVENT_TYPES);

/** Whether an event of this type can come from poolcast: it is in the catalog, or its family grows with AWS. */
export function isEventType(type: unknown): type is EventType {
  return typeof type === "string" && (known.has(type) || openFamilyOf(type) !== undefined);
}

/**
 * Whether the value is an event, or one of the given type, by its attributes and the outline of its data; `parseEvent`
 * looks at every member.
 */
export function isEvent(value: unknown): value is CognitoEvent;
export function isEvent<Type extends EventType>(value: unknown, type: Type): value is CognitoEventOf<Type>;
export function isEvent(value: unknown, type?: EventType): boolean {
  if (!isObject(value) || value.specversion !== "1.0" || !areTexts(value.id, value.source)) return false;
  if (type === undefined ? !isEventType(value.type) : value.type !== type || !isEventType(type)) return false;
  const { data } = value;
  return isObject(data) && (hasOwnShape(value.type) || isUserPoolEvent(value, data));
}

/** These have a `data` of their own, and none of the attributes of user-pool events. */
function hasOwnShape(type: unknown): boolean {
  return type === SYNC_TRIGGER || !String(type).startsWith(TYPE_PREFIX);
}

function isUserPoolEvent({ action, outcome, road, recordedtime, authtype }: Members, data: Members): boolean {
  return (
    areTexts(action, outcome, road, recordedtime, authtype) &&
    areTexts(data.action, data.outcome) &&
    isObject(data.userPool) &&
    isObject(data.record)
  );
}

type Members = { readonly [name: string]: unknown };

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string" && value !== "");
}
