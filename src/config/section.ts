/**
 * The builders of all schemas here. They make Zod report every fault in our own words, one fault a key, and never
 * with a value in it; and they run the rules that look at several keys even where one of those keys is at fault,
 * which Zod's own refinements do not.
 */
import * as z from "zod";
import { isObject, type JsonObject } from "../core/json.ts";
import { type Problem, problemsOf } from "./faults.ts";
import { nearestKey } from "./nearest-key.ts";

export type Report = z.RefinementCtx<unknown>;

/** Looks at several keys of a section as they were written, before their own schemas have judged them. */
export type Rule = (section: JsonObject) => readonly Problem[];

export function note(report: Report, { path, message }: Problem): void {
  report.addIssue({ code: "custom", path: [...path], message });
}

/** Notes a fault and stands in for the value that cannot be made; Zod gives none out where a fault was noted. */
export function refuse<T>(report: Report, problem: Problem): T {
  note(report, problem);
  return z.NEVER;
}

/** A single value. `read` answers undefined for what is not `expected`. */
export function leaf<T>(expected: string, read: (input: unknown) => T | undefined) {
  return z.unknown().transform((input, report): T => {
    const value = read(input);
    if (value !== undefined) return value;
    return refuse(report, { path: [], message: `${input === undefined ? "is required:" : "must be"} ${expected}` });
  });
}

/** A map with known keys and no others. */
export function section<S extends z.ZodRawShape>(shape: S, rule: Rule = () => []) {
  const object = z.strictObject(shape);
  const known = Object.keys(shape);
  return z.unknown().transform((input, report): z.output<typeof object> => {
    if (!isObject(input)) return refuse(report, { path: [], message: mapExpected(input, known) });
    for (const problem of rule(input)) note(report, problem);
    const result = object.safeParse(input);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      if (issue.code !== "unrecognized_keys") continue;
      for (const key of issue.keys) note(report, { path: [key], message: unknownKey(key, known) });
    }
    const others = result.error.issues.filter((issue) => issue.code !== "unrecognized_keys");
    for (const problem of problemsOf(new z.ZodError(others))) note(report, problem);
    return z.NEVER;
  });
}

/** A list of values of one kind. */
export function list<T>(item: z.ZodType<T>, expected: string, minLength = 0) {
  const array = z.array(item);
  return z.unknown().transform((input, report): T[] => {
    if (!Array.isArray(input)) {
      return refuse(report, { path: [], message: `${input === undefined ? "is required:" : "must be"} ${expected}` });
    }
    if (input.length < minLength) return refuse(report, { path: [], message: `must be ${expected}, not empty` });
    return judge(array, input, report);
  });
}

/** A list of values of one kind; one value alone is a list of one. */
export function oneOrMany<T>(item: z.ZodType<T>, expected: string, minLength = 0) {
  const many = list(item, expected, minLength);
  return z.unknown().transform((input, report): T[] => {
    const single = typeof input === "string" || typeof input === "number" || typeof input === "boolean";
    return single ? [judge(item, input, report)] : judge(many, input, report);
  });
}

/** The value `schema` makes of `input`; its faults are reported below `path`. */
export function judge<T>(schema: z.ZodType<T>, input: unknown, report: Report, path: PropertyKey[] = []): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const problem of problemsOf(result.error)) note(report, { ...problem, path: [...path, ...problem.path] });
  return z.NEVER;
}

/** Which of `keys` a section holds. */
export function given(written: JsonObject, keys: readonly string[]): string[] {
  return keys.filter((key) => Object.hasOwn(written, key));
}

function mapExpected(input: unknown, known: readonly string[]): string {
  return `${input === undefined ? "is required:" : "must be"} a map of keys (${known.join(", ")})`;
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearestKey(key, known);
  if (meant !== undefined) return `is not a known key; did you mean ${meant}?`;
  return known.length === 0
    ? "is not a known key; none is expected here"
    : `is not a known key; known here: ${known.join(", ")}`;
}
