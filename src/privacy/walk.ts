/** Goes through the data of an event and shows each text, with what it is; what comes back stands there afterwards. */
import { isObject, parseJson } from "../core/json.ts";
import {
  holdingOf,
  type Openness,
  type OpennessTree,
  OWN_OPENNESS,
  opennessBelow,
  type PersonalKind,
} from "../events/personal-members.ts";
import { isExactNumber, parseExactly } from "./exact-json.ts";

export type Place =
  | { readonly kind: PersonalKind | "sub" }
  | { readonly kind: "attribute"; readonly name: string }
  | { readonly kind: "text"; readonly openness: Openness }
  /** The name of a member. */
  | { readonly kind: "key" };

/** Undefined takes the member away, where it has a place of its own; another text is emptied instead. */
export type Visit = (text: string, place: Place) => string | undefined;

/** No record is nearly as deep. */
const MAX_DEPTH = 64;

/** Thrown before anything was changed for the first time. */
export class TooDeep extends Error {}

interface Position {
  readonly parent: string;
  readonly name: string;
  readonly depth: number;
  readonly openness: Openness | OpennessTree;
  /** Inside a map under names that somebody chose. */
  readonly chosen: boolean;
}

/** Changes `data` itself where it is an object or a list. Throws `TooDeep`. */
export function walkData(data: unknown, own: boolean, visit: Visit): unknown {
  return walk(
    data,
    { parent: "", name: "data", depth: 0, openness: own ? OWN_OPENNESS : "open", chosen: false },
    visit,
  );
}

function walk(value: unknown, at: Position, visit: Visit): unknown {
  if (at.depth > MAX_DEPTH) throw new TooDeep();
  const holding = at.chosen || at.depth === 0 ? undefined : holdingOf(at.parent, at.name);
  if (typeof value === "object" && value !== null && !isExactNumber(value)) {
    if (holding === "attributes") return walkAttributes(value, at, visit);
    if (holding === "changes" && Array.isArray(value)) return walkChanges(value, at, visit);
    return Array.isArray(value) ? walkList(value, at, visit) : walkMembers(value, at, visit, holding === "map");
  }
  switch (holding) {
    case undefined:
    case "attributes":
    case "changes":
    case "map":
      return typeof value === "string" ? walkText(value, at, visit) : value;
    default:
      return visitScalar(value, { kind: holding }, visit);
  }
}

function walkList(list: unknown[], at: Position, visit: Visit): unknown {
  let kept = 0;
  for (const item of list) {
    // Items are members of what the list stands in, under its name.
    const walked = walk(item, { ...at, depth: at.depth + 1 }, visit);
    if (walked === undefined || (walked === "" && item !== "")) continue;
    list[kept++] = walked;
  }
  list.length = kept;
  return list;
}

function walkMembers(value: object, at: Position, visit: Visit, chosen: boolean): unknown {
  // Own members by their descriptors: one called __proto__ is a member like any other.
  for (const [name, child] of Object.entries(value)) {
    const openness = opennessBelow(at.openness, name);
    const inside = { parent: at.name, name, depth: at.depth + 1, openness, chosen };
    const walked = walk(child, inside, visit);
    const key = visit(name, KEY);
    if (walked === child && key === name) continue;
    if (key !== name) put(value, name, undefined);
    if (key !== undefined && key !== "") put(value, key, walked);
  }
  return value;
}

function put(target: object, name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(target, name);
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** `{email: "..."}`, `[{Name: "email", Value: "..."}]`, `[{name, value}]`. */
function walkAttributes(value: object, at: Position, visit: Visit): unknown {
  if (!Array.isArray(value)) {
    for (const [name, child] of Object.entries(value)) {
      put(value, name, walkAttribute(name, child, at, visit));
    }
    return value;
  }
  return walkEntries(value, at, visit, (one) => {
    const key = Object.hasOwn(one, "Value") ? "Value" : "value";
    const name: unknown = Reflect.get(one, key === "Value" ? "Name" : "name");
    if (!Object.hasOwn(one, key)) return walkMembers(one, { ...at, depth: at.depth + 1 }, visit, true) !== undefined;
    const walked = walkAttribute(typeof name === "string" ? name : "", Reflect.get(one, key), at, visit);
    put(one, key, walked);
    return walked !== undefined;
  });
}

function walkAttribute(name: string, value: unknown, at: Position, visit: Visit): unknown {
  if (typeof value !== "object" || value === null || isExactNumber(value)) {
    return visitScalar(value, { kind: "attribute", name }, visit);
  }
  // Cognito stores strings alone; whatever this is, it is nothing that an attribute may be.
  return walk(value, { ...at, parent: "", name: "", chosen: true, depth: at.depth + 1 }, visit);
}

const KEY: Place = { kind: "key" };
const ATTRIBUTE_PATH = /^attributes\.(.+)$/s;

/** That something changed stays; from what and to what is as private as the value itself. */
function walkChanges(list: unknown[], at: Position, visit: Visit): unknown {
  return walkEntries(list, at, visit, (one) => {
    const path: unknown = Reflect.get(one, "path");
    const [, name] = typeof path === "string" ? (ATTRIBUTE_PATH.exec(path) ?? []) : [];
    for (const [key, child] of Object.entries(one)) {
      const openness = opennessBelow(at.openness, key);
      const inside = { parent: at.name, name: key, depth: at.depth + 1, openness, chosen: false };
      if (key === "path" || (name === undefined && path !== "username")) put(one, key, walk(child, inside, visit));
      else if (name === undefined) put(one, key, visitScalar(child, { kind: "username" }, visit));
      else put(one, key, walkAttribute(name, child, at, visit));
    }
    return true;
  });
}

/** `keep` answers whether the entry stays. What is no entry is looked at as any item of a list. */
function walkEntries(list: unknown[], at: Position, visit: Visit, keep: (one: object) => boolean): unknown {
  const inside = { ...at, parent: "", name: "", depth: at.depth + 1, chosen: true };
  const kept = list.flatMap((one) => {
    if (isObject(one) && !isExactNumber(one)) return keep(one) ? [one] : [];
    return [walk(one, inside, visit)];
  });
  list.splice(0, list.length, ...kept);
  return list;
}

/** Numbers too: elsewhere than in Cognito a phone number may be written as one. */
function visitScalar(value: unknown, place: Place, visit: Visit): unknown {
  if (typeof value === "string") return visit(value, place);
  if (typeof value !== "number" && typeof value !== "boolean" && !isExactNumber(value)) return value;
  const text = JSON.stringify(value);
  const seen = visit(text, place);
  return seen === text ? value : seen;
}

const TEXTS: Readonly<Record<Openness, Place>> = {
  open: { kind: "text", openness: "open" },
  name: { kind: "text", openness: "name" },
  closed: { kind: "text", openness: "closed" },
};

/** A text may be JSON in its turn, such as the message of a notification. */
function walkText(text: string, at: Position, visit: Visit): unknown {
  const inner = /^\s*[[{]/.test(text) && parseJson(text) !== undefined ? parseExactly(text) : undefined;
  if (inner === undefined) {
    return visit(text, typeof at.openness === "string" ? TEXTS[at.openness] : TEXTS.open);
  }
  let changed = false;
  const walked = walk(inner, { ...at, depth: at.depth + 1, openness: "open" }, function watch(one, place) {
    const seen = visit(one, place);
    if (seen !== one) changed = true;
    return seen;
  });
  return changed ? JSON.stringify(walked) : text;
}
