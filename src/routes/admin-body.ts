/** What a request under /api says, in its body and its query. */
import { isObject, type JsonObject } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import { readRfc3339 } from "../core/rfc3339.ts";
import { bodyProblem, readBody } from "./body.ts";
import { parseJsonBody } from "./json-body.ts";
import { problem } from "./problem.ts";

const MAX_BYTES = 64 * 1024;
const MOST_POSITIONS = 1000;
const LONGEST_TEXT = 200;

/** The body as a JSON object; no body is an empty one. What cannot be taken is answered. */
export async function readCommand(request: Request): Promise<Result<JsonObject, Response>> {
  const body = await readBody(request, MAX_BYTES);
  if (!body.ok) return err(bodyProblem(body.error, MAX_BYTES));
  if (body.value.length === 0) return ok({});
  const parsed = parseJsonBody(body.value);
  if (!parsed.ok) return err(problem(parsed.error));
  return isObject(parsed.value) ? ok(parsed.value) : err(invalid("the body must be a JSON object"));
}

/** Members that are not known are refused: one that is misspelt would widen what is asked for. */
export function unknownMember(command: JsonObject, known: readonly string[]): Response | undefined {
  const unknown = Object.keys(command).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : invalid(`known members are ${known.join(", ")}`);
}

export function invalid(detail: string): Response {
  return problem("invalid_request", { detail });
}

/** Absent, or a short text. */
export function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT);
}

export function isPositions(value: unknown): value is readonly string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MOST_POSITIONS;
  return isList && value.every((one) => typeof one === "string");
}

/** In epoch ms; null where it is no time. Between day and time a person may write a space. */
export function readTime(value: unknown): number | undefined | null {
  if (value === undefined) return undefined;
  return typeof value === "string" ? (readRfc3339(value.replace(" ", "T")) ?? null) : null;
}
