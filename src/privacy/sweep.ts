/** Finds values in texts that hold more than them, such as a message, a URL or a user agent. */
import type { Fate, Reach } from "./fates.ts";
import { fold } from "./fold.ts";
import { STARS } from "./mask.ts";
import { type ContactKind, canonical, findContacts } from "./patterns.ts";
import type { Action, Policy } from "./policy.ts";

export interface Swept {
  readonly text: string;
  /** Something was cut out. */
  readonly dropped: boolean;
}

/** `text` is the same where nothing was found. Values that do not reach as far as `reach` are not looked for. */
export type Sweeper = (text: string, reach: Reach) => Swept;

/** A value this long is found within a longer word as well. */
const LONG = 6;
const WORD = /[\p{L}\p{N}]/u;
const PERCENT = /%[\da-f]{2}$/;

const KINDS: readonly ContactKind[] = ["email", "phone", "ip"];

export function createSweeper(policy: Policy, fates: ReadonlyMap<string, Fate>): Sweeper {
  const spellings = [...fates.values()].flatMap(spell);
  const kinds = KINDS.filter((kind) => policy.actions[kind] !== "keep");

  return function sweep(text, reach) {
    const places = [...knownIn(text, reach), ...contactsIn(text)];
    if (places.length === 0) return { text, dropped: false };
    // A name before what is found in it; of two ways to read the same, the one that a member told.
    places.sort((one, other) => one.start - other.start || other.end - one.end);
    return replaceAll(text, places);
  };

  function knownIn(text: string, reach: Reach): readonly Found[] {
    if (spellings.length === 0) return [];
    const lower = fold(text);
    const found: Found[] = [];
    for (const { text: spelled, fate } of spellings) {
      if (!isWithin(fate.reach, reach)) continue;
      for (let at = lower.indexOf(spelled); at >= 0; at = lower.indexOf(spelled, at + 1)) {
        const end = at + spelled.length;
        if (spelled.length >= LONG || standsAlone(lower, at, end)) found.push({ start: at, end, ...fate });
      }
    }
    return found;
  }

  function contactsIn(text: string): readonly Found[] {
    return kinds.flatMap((kind) =>
      findContacts(kind, text).map(({ start, end }) => {
        const value = canonical(kind, text.slice(start, end));
        return { start, end, value, action: fates.get(fold(value))?.action ?? policy.actions[kind] };
      }),
    );
  }

  function replaceAll(text: string, places: readonly Found[]): Swept {
    let swept = "";
    let done = 0;
    let dropped = false;
    for (const group of overlapping(places)) {
      const [{ start, value, action }] = group;
      swept += text.slice(done, start) + without(group, text, policy.replace(value, action));
      if (action === "drop") dropped = true;
      done = endOf(group);
    }
    return { text: swept + text.slice(done), dropped };
  }
}

type Group = [Found, ...Found[]];

/** In order of their start. What overlaps goes as one, so that no end of a value is left. */
function overlapping(places: readonly Found[]): readonly Group[] {
  const groups: Group[] = [];
  for (const place of places) {
    const last = groups.at(-1);
    if (last && place.start < endOf(last)) last.push(place);
    else groups.push([place]);
  }
  return groups;
}

function endOf(group: Group): number {
  return Math.max(...group.map(({ end }) => end));
}

/** The hint of a mask may show another value that stood in the same place. */
function without([{ action }, ...others]: Group, text: string, replacement: string): string {
  const shown = fold(replacement);
  const leaks = action === "mask" && others.some(({ start, end }) => shown.includes(fold(text.slice(start, end))));
  return leaks ? STARS : replacement;
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly action: Action;
}

interface Spelling {
  readonly text: string;
  readonly fate: Fate;
}

/** As it is, as in a URL and in a form; a phone number also without its plus sign. */
function spell(fate: Fate): readonly Spelling[] {
  const { value } = fate;
  const forms = new Set([fold(value)]);
  if (!/^[\w.~-]*$/.test(value)) {
    const encoded = fold(encodeURIComponent(value.toWellFormed()));
    forms.add(encoded).add(encoded.replaceAll("%20", "+"));
  }
  if (/^\+\d{7,}$/.test(value)) forms.add(value.slice(1));
  return [...forms].map((text) => ({ text, fate }));
}

/** Neither behind a letter or digit, unless that ends a percent-encoded character, nor before one. */
function standsAlone(lower: string, start: number, end: number): boolean {
  const before = lower.slice(Math.max(0, start - 3), start);
  return !WORD.test(lower.charAt(end)) && (!WORD.test(before.slice(-1)) || PERCENT.test(before));
}

const ORDER: readonly Reach[] = ["contact", "username", "attribute"];

/** A text that is looked through for attributes is for all the others too. */
function isWithin(reach: Reach, asked: Reach): boolean {
  return ORDER.indexOf(reach) <= ORDER.indexOf(asked);
}
