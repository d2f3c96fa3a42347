import * as z from "zod";
import type { AttributeMap, Filter } from "../core/filter.ts";
import { isObject } from "../core/json.ts";
import type { Path } from "./fault-path.ts";
import { note, type Report } from "./section.ts";

const DIALECTS = ["exact", "prefix", "suffix", "all", "any", "not"];
const ONE_DIALECT = "must hold exactly one of exact, prefix, suffix, all, any and not";
const MAX_DEPTH = 16;

/** Where a reader stands, and whether empty members are faults or, as TriggerMesh writes them, as good as absent. */
interface Place {
  readonly path: Path;
  readonly depth: number;
  readonly empties: "refused" | "absent";
  readonly report: Report;
}

/**
 * A filter that cannot be read is a fault and never left out: what is left out lets events through that were to be
 * kept back.
 */
export function filterList(empties: "refused" | "absent") {
  return z.unknown().transform((input, report) => readList(input, { path: [], depth: 0, empties, report }));
}

function readList(input: unknown, place: Place): readonly Filter[] {
  if (!Array.isArray(input)) {
    fault(place, "must be a list of filters");
    return [];
  }
  const filters: Filter[] = [];
  for (const [index, item] of input.entries()) {
    if (place.empties === "absent" && isEmptyFilter(item)) continue;
    const filter = readFilter(item, below(place, index));
    if (filter !== undefined) filters.push(filter);
  }
  return filters;
}

function readFilter(input: unknown, place: Place): Filter | undefined {
  if (Array.isArray(input)) return fault(place, "must be one filter, not a list; use all or any to join several");
  if (!isObject(input)) return fault(place, `must be a filter: a map that holds exactly one of ${DIALECTS.join(", ")}`);
  if (place.depth >= MAX_DEPTH) return fault(place, `filters can be nested ${MAX_DEPTH} deep`);
  const deeper = { ...place, depth: place.depth + 1 };
  const members = Object.entries(input).filter(
    ([dialect, value]) => place.empties === "refused" || !isEmptyMember(dialect, value),
  );
  const filters = members.map(([dialect, value]) => readDialect(dialect, value, below(deeper, dialect)));
  return filters.length === 1 ? filters[0] : fault(place, ONE_DIALECT);
}

function readDialect(dialect: string, value: unknown, place: Place): Filter | undefined {
  switch (dialect) {
    case "exact":
      return { exact: readAttributes(value, place, "a text") };
    case "prefix":
      return { prefix: readAttributes(value, place, "a non-empty text") };
    case "suffix":
      return { suffix: readAttributes(value, place, "a non-empty text") };
    case "all":
      return { all: readSome(value, place) };
    case "any":
      return { any: readSome(value, place) };
    case "not": {
      const filter = readFilter(value, place);
      return filter && { not: filter };
    }
    default:
      return fault(place, `is not a known filter dialect; known are ${DIALECTS.join(", ")}`);
  }
}

/** No filter at all would match everything under `all` and nothing under `any`; neither can be meant. */
function readSome(input: unknown, place: Place): readonly Filter[] {
  if (Array.isArray(input) && input.length === 0) fault(place, "must hold at least one filter");
  return readList(input, place);
}

function readAttributes(input: unknown, place: Place, expected: "a text" | "a non-empty text"): AttributeMap {
  if (!isObject(input) || Object.keys(input).length === 0) {
    fault(place, `must be a map of at least one attribute name to ${expected}`);
    return {};
  }
  const attributes: [string, string][] = [];
  for (const [name, value] of Object.entries(input)) {
    const at = below(place, name);
    if (!/^[a-z0-9]+$/.test(name)) fault(at, "is not an attribute name: lower-case letters and digits");
    else if (typeof value === "string" && (value !== "" || expected === "a text")) attributes.push([name, value]);
    else fault(at, `must be ${expected}, in quotes where it looks like a number`);
  }
  return Object.fromEntries(attributes);
}

/** Without a member, or with empty ones only. `{}` too: it is what remains where they are not written at all. */
function isEmptyFilter(filter: unknown): boolean {
  return isObject(filter) && Object.entries(filter).every(([dialect, value]) => isEmptyMember(dialect, value));
}

/** `not: {}` is none: were it absent, a filter that passes nothing would become one that passes everything. */
function isEmptyMember(dialect: string, value: unknown): boolean {
  if (!DIALECTS.includes(dialect)) return false;
  if (value === null) return true;
  if (dialect === "not") return false;
  return Array.isArray(value) ? value.every(isEmptyFilter) : isObject(value) && Object.keys(value).length === 0;
}

function below(place: Place, step: PropertyKey): Place {
  return { ...place, path: [...place.path, step] };
}

function fault({ path, report }: Place, message: string): undefined {
  note(report, { path, message });
}
