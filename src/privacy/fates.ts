/**
 * What becomes of each value that an event shows to be somebody's: one fate for one value, wherever it stands, so that
 * what is dropped in one member does not come along in another.
 */
import { kindOfAttribute } from "../events/personal-members.ts";
import { fold } from "./fold.ts";
import { type ContactKind, contactKindOf } from "./patterns.ts";
import { type Action, type Policy, stricter } from "./policy.ts";
import type { Place } from "./walk.ts";

/** How far a value is looked for: an address everywhere, a username not in ids, an attribute only in open text. */
export type Reach = "contact" | "username" | "attribute";

export interface Fate {
  /** As it was first seen. */
  readonly value: string;
  readonly action: Action;
  readonly reach: Reach;
}

export interface Fates {
  /** To be shown every text before any is changed. */
  note(text: string, place: Place): void;
  /** A username that no member shows. */
  noteUsername(username: string): void;
  /** What is to be looked for in other texts, by its lower-case form. */
  sought(): ReadonlyMap<string, Fate>;
  isSub(text: string): boolean;
  /** Folded. */
  readonly subs: ReadonlySet<string>;
  readonly usernames: ReadonlySet<string>;
}

/** A shorter attribute, such as a language, says nothing where it stands by chance. */
const SHORTEST_ATTRIBUTE = 4;
const TRUTH = new Set(["true", "false"]);

export function createFates(policy: Policy): Fates {
  const { actions } = policy;
  const found = new Map<string, Fate>();
  const usernames = new Set<string>();
  const subs = new Set<string>();

  function add(value: string, own: Action, reach: Reach): void {
    if (value === "") return;
    const key = fold(value);
    const known = found.get(key);
    const action = stricter(stricter(own, policy.actionByForm(value)), known?.action ?? "keep");
    if (action === "keep") return;
    found.set(key, { value: known?.value ?? value, action, reach: known ? farther(known.reach, reach) : reach });
  }

  function addContact(kind: ContactKind, value: string): void {
    add(value, actions[kind], "contact");
  }

  function addUsername(value: string): void {
    usernames.add(fold(value));
    add(value, actions.username, contactKindOf(value) === undefined ? "username" : "contact");
  }

  function addAttribute(name: string, value: string): void {
    const kind = kindOfAttribute(name);
    if (name === "sub") subs.add(fold(value));
    else if (kind === "username") addUsername(value);
    else if (kind !== undefined && kind !== "contact") addContact(kind, value);
    else if (value.length >= SHORTEST_ATTRIBUTE && !TRUTH.has(value)) {
      add(value, policy.attributeAction(name), "attribute");
    }
  }

  return {
    note(text, place) {
      switch (place.kind) {
        case "sub":
          subs.add(fold(text));
          break;
        case "email":
        case "phone":
        case "ip":
          addContact(place.kind, text);
          break;
        case "username":
          addUsername(text);
          break;
        case "attribute":
          addAttribute(place.name, text);
      }
    },
    noteUsername: addUsername,
    sought() {
      for (const sub of subs) found.delete(sub);
      if (actions.username !== "keep") return found;
      // He who keeps usernames keeps one that is an attribute's value as well.
      for (const name of usernames) if (found.get(name)?.reach === "attribute") found.delete(name);
      return found;
    },
    isSub: (text) => subs.has(fold(text)),
    subs,
    usernames,
  };
}

const REACHES: readonly Reach[] = ["attribute", "username", "contact"];

function farther(one: Reach, other: Reach): Reach {
  return REACHES.indexOf(other) > REACHES.indexOf(one) ? other : one;
}
