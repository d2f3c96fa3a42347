/** The text of docs/events.md. */
import type { Members } from "../src/events/members.ts";
import { type EventTypeEntry, eventTypes } from "../src/events/registry.ts";
import { SYNC_TRIGGER, TYPE_PREFIX } from "../src/events/type-prefix.ts";

const HEAD = `# Events

<!-- Written by \`npm run docs\` from the catalogs in src/events. -->

Every type of event that poolcast makes. \`GET /types\` tells the same to programs, with an example of each;
\`GET /schemas/<type>\` has its JSON Schema, and the package entry \`poolcast/events\` its TypeScript type and Zod schema.

All types but the last few begin with \`${TYPE_PREFIX}\`, which is left out below: \`user.created\` is
\`${TYPE_PREFIX}user.created\`. A prefix filter \`${TYPE_PREFIX}user.\` takes what happened to users, a suffix filter
\`_failed\` all failures. All have the same \`data\`; the members named here are those of \`data.request\` and
\`data.response\`. Each may be absent: AWS hides, truncates and leaves out, and a call that failed has no response.

\`action.<name>\`, \`read.<name>\`, \`hosted_ui.<name>\`, \`lambda_trigger.<name>\` and \`activity.<name>\` are open families:
what AWS adds gets a type there at once, before it stands in this catalog.
`;

const OTHERS = "Others";

export function renderEventsPage(): string {
  const sections = new Map<string, EventTypeEntry[]>();
  for (const entry of eventTypes().values()) {
    const resource = resourceOf(entry.type);
    sections.set(resource, [...(sections.get(resource) ?? []), entry]);
  }
  const names = [...sections.keys()].filter((name) => name !== OTHERS);
  const contents = [...names, OTHERS].map((name) => `[${name}](#${name.toLowerCase()})`).join(" · ");
  const rendered = [...names, OTHERS].map((name) => renderSection(name, sections.get(name) ?? []));
  return `${HEAD}\n${contents}\n${rendered.join("")}`;
}

function resourceOf(type: string): string {
  if (!type.startsWith(TYPE_PREFIX) || type === SYNC_TRIGGER) return OTHERS;
  return type.slice(TYPE_PREFIX.length, type.indexOf(".", TYPE_PREFIX.length));
}

function renderSection(name: string, unordered: readonly EventTypeEntry[]): string {
  const entries = unordered.toSorted((one, other) => Number(isFailure(one)) - Number(isFailure(other)));
  const members = entries.map((entry) => membersOf(entry));
  // Where all types of a section have the same members, they are told once.
  if (new Set(members).size === 1) {
    const told = members[0] === "" ? "" : `\nMembers of all: ${members[0]}\n`;
    return `\n## ${name}\n${told}\n| type | when | actions |\n|---|---|---|\n${entries.map((entry) => row(entry)).join("")}`;
  }
  const seen = new Map<string, string>();
  const rows = entries.map((entry) => row(entry, membersOf(entry, seen)));
  return `\n## ${name}\n\n| type | when | actions | members |\n|---|---|---|---|\n${rows.join("")}`;
}

function row(entry: EventTypeEntry, members?: string): string {
  const cells = [`\`${nameOf(entry)}\``, entry.description, entry.actions.join(", ")];
  return `| ${[...cells, ...(members === undefined ? [] : [members])].join(" | ")} |\n`;
}

function nameOf({ type }: EventTypeEntry): string {
  return resourceOf(type) === OTHERS ? type : type.slice(TYPE_PREFIX.length);
}

function isFailure({ type }: EventTypeEntry): boolean {
  return type.endsWith("_failed");
}

/** A long list that stood in an earlier row is not repeated. */
function membersOf(entry: EventTypeEntry, seen?: Map<string, string>): string {
  const { request, response, data = {} } = entry;
  const lists = [listed("request", request), listed("response", response), listed("data", data)];
  const told = lists.filter((list) => list !== "").map((list) => reference(list, nameOf(entry), seen));
  return told.join("; ");
}

function listed(part: string, members: Members): string {
  const names = Object.keys(members).map((name) => `\`${name}\``);
  return names.length === 0 ? "" : `${part}: ${names.join(" ")}`;
}

function reference(list: string, name: string, seen: Map<string, string> | undefined): string {
  const first = seen?.get(list);
  if (first !== undefined && list.length > 100) return `${list.slice(0, list.indexOf(":"))}: as \`${first}\``;
  seen?.set(list, name);
  return list;
}
