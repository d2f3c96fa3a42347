/** `bounds` of a trigger: the part of the log that it is for. None of the ends is part of it, as in TriggerMesh. */
import * as z from "zod";
import type { Bounds } from "../core/bounds.ts";
import { isObject, type JsonObject, member } from "../core/json.ts";
import { isPosition } from "../core/position.ts";
import { readRfc3339 } from "../core/rfc3339.ts";
import type { Problem } from "./faults.ts";
import { leaf, section } from "./section.ts";
import { writtenByGo } from "./written-by-go.ts";

const ENDS = ["start", "end"] as const;
const UNSET: ReadonlySet<unknown> = new Set([undefined, null, ""]);

/** Redis takes the milliseconds alone for the first entry of that millisecond. */
const id = leaf("the id of an entry of the stream, as 1777878669000-0, or the number of an event", (input) => {
  const text = typeof input === "number" ? String(input) : input;
  if (typeof text !== "string") return undefined;
  return isPosition(text, "number") || isPosition(text, "stream_id") ? text : undefined;
});

const date = leaf("a time as 2026-05-04T07:31:09Z", (input) =>
  typeof input === "string" ? readRfc3339(input) : undefined,
);

const byId = rangeOf(id);
const byDate = rangeOf(date);

export const bounds = writtenByGo(section({ byId: byId.optional(), byDate: byDate.optional() }, eachEndOnce)).transform(
  ({ byId = {}, byDate = {} }): Bounds | undefined => {
    const ends: Bounds = {
      ...(byId.start !== undefined && { afterPosition: byId.start }),
      ...(byId.end !== undefined && { beforePosition: byId.end }),
      ...(byDate.start !== undefined && { afterMs: byDate.start }),
      ...(byDate.end !== undefined && { beforeMs: byDate.end }),
    };
    return Object.keys(ends).length > 0 ? ends : undefined;
  },
);

function rangeOf<T>(end: z.ZodType<T>) {
  const open = z.preprocess((input) => (input === "" ? undefined : input), end.optional());
  return writtenByGo(section({ start: open, end: open }));
}

function eachEndOnce(written: JsonObject): Problem[] {
  return ENDS.filter((end) => [written.byId, written.byDate].every((range) => isSet(range, end))).map((end) => ({
    path: ["byDate", end],
    message: "is given a second time; byId has one",
  }));
}

function isSet(range: unknown, end: string): boolean {
  return isObject(range) && !UNSET.has(member(range, end));
}
