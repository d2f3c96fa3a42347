/** From what came over the wire to a typed event, or to all that is wrong with it. */
import type * as z from "zod";
import { zodSchemaOf } from "./schema.ts";
import type { CognitoEvent } from "./types.ts";

export interface EventIssue {
  /** As `data.changes[0].path`; empty where the whole is meant. */
  readonly path: string;
  readonly message: string;
}

export class InvalidEventError extends Error {
  override readonly name = "InvalidEventError";
  readonly issues: readonly EventIssue[];

  constructor(issues: readonly EventIssue[]) {
    super(issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; "));
    this.issues = issues;
  }
}

export type ParsedEvent =
  | { readonly ok: true; readonly value: CognitoEvent }
  | { readonly ok: false; readonly error: InvalidEventError };

/**
 * Takes an event as structured JSON text or as an object, such as an SDK's CloudEvent. Throws `InvalidEventError`.
 * Members that this version does not know are kept: a newer gateway must not break an older consumer.
 */
export function parseEvent(value: unknown): CognitoEvent {
  const parsed = safeParseEvent(value);
  if (!parsed.ok) throw parsed.error;
  return parsed.value;
}

/** The same without throwing. */
export function safeParseEvent(value: unknown): ParsedEvent {
  if (typeof value !== "string") return parseObject(value);
  try {
    return parseObject(JSON.parse(value));
  } catch {
    return invalid([{ path: "", message: "is no JSON" }]);
  }
}

function parseObject(value: unknown): ParsedEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid([{ path: "", message: "is no object" }]);
  }
  const type = "type" in value ? value.type : undefined;
  if (typeof type !== "string") return invalid([{ path: "type", message: "is no text" }]);
  const schema = zodSchemaOf(type);
  if (schema === undefined) return invalid([{ path: "type", message: "is no type of event that poolcast makes" }]);
  const result = schema.safeParse(value);
  if (!result.success) return invalid(result.error.issues.map(issueOf));
  // The schema and the type are made of the same catalog.
  return { ok: true, value: result.data as CognitoEvent };
}

function invalid(issues: readonly EventIssue[]): ParsedEvent {
  return { ok: false, error: new InvalidEventError(issues) };
}

function issueOf({ path, message }: z.core.$ZodIssue): EventIssue {
  return { path: path.map(step).join("").replace(/^\./, ""), message };
}

function step(key: PropertyKey): string {
  return typeof key === "number" ? `[${key}]` : `.${String(key)}`;
}
