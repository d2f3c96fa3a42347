/** Every type of event, with what is behind it and what it says; made of the catalogs when it is first asked for. */
import { OWN_EVENTS } from "./catalog/own.ts";
import { SYNC_TRIGGER as SYNC_TRIGGER_ROW } from "./catalog/users-poll.ts";
import type { Members } from "./members.ts";
import { mergeMembers } from "./merge-members.ts";
import { apiContributions } from "./registry/api-contributions.ts";
import type { Contribution } from "./registry/contribution.ts";
import { hostedUiContributions } from "./registry/hosted-ui-contributions.ts";
import { OPEN_ENTRIES } from "./registry/open-entries.ts";
import { readContributions } from "./registry/read-contributions.ts";
import { rowContributions } from "./registry/row-contributions.ts";
import { OPEN_FAMILIES, openFamilyOf, SYNC_TRIGGER, TYPE_PREFIX } from "./type-prefix.ts";

export interface EventTypeEntry {
  /** The whole name; that of an open family's fallback ends in `*`. */
  readonly type: string;
  /** One sentence in plain words. */
  readonly description: string;
  /** Names of AWS that become it. */
  readonly actions: readonly string[];
  /** Members of all actions together. */
  readonly request: Members;
  readonly response: Members;
  /** The same for each action alone. */
  readonly contributions: readonly Contribution[];
  /** Members of `data` itself where it is not the shape that all events of user pools share. */
  readonly data?: Members;
}

let known: ReadonlyMap<string, EventTypeEntry> | undefined;

/** The types of the catalogs by name, in alphabetical order. */
export function eventTypes(): ReadonlyMap<string, EventTypeEntry> {
  known ??= buildEntries();
  return known;
}

const FALLBACKS: ReadonlyMap<string, EventTypeEntry> = new Map(
  OPEN_FAMILIES.map((family) => [family, { ...emptyEntry(`${TYPE_PREFIX}${family}.*`), ...OPEN_ENTRIES[family] }]),
);

/** The fallback where the catalogs do not name the type but its family is open; undefined where it is none of ours. */
export function entryOf(type: string): EventTypeEntry | undefined {
  const entry = eventTypes().get(type);
  if (entry !== undefined) return entry;
  const family = openFamilyOf(type);
  return family === undefined ? undefined : FALLBACKS.get(family);
}

function buildEntries(): ReadonlyMap<string, EventTypeEntry> {
  const entries = new Map<string, EventTypeEntry>();
  const contributions = [
    ...apiContributions(),
    ...hostedUiContributions(),
    ...rowContributions(),
    ...readContributions(),
  ];
  for (const one of contributions) {
    const type = TYPE_PREFIX + one.name;
    entries.set(type, extend(entries.get(type) ?? emptyEntry(type), one));
  }
  entries.set(SYNC_TRIGGER, {
    ...emptyEntry(SYNC_TRIGGER),
    description: SYNC_TRIGGER_ROW.description,
    actions: ["ListUsers"],
  });
  for (const [type, { description, data }] of Object.entries(OWN_EVENTS)) {
    entries.set(type, { ...emptyEntry(type), description, data });
  }
  return new Map([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function emptyEntry(type: string): EventTypeEntry {
  return { type, description: "", actions: [], request: {}, response: {}, contributions: [] };
}

/** The first description stands: the API's comes before that of other roads to the same fact. */
function extend(entry: EventTypeEntry, one: Contribution): EventTypeEntry {
  return {
    ...entry,
    description: entry.description || (one.description ?? ""),
    actions: [...new Set([...entry.actions, ...one.actions])],
    request: mergeMembers(entry.request, one.request ?? {}),
    response: mergeMembers(entry.response, one.response ?? {}),
    contributions: [...entry.contributions, one],
  };
}
