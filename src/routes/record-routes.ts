/** POST /ingest/eventbridge and /ingest/cloudtrail: roads whose body is JSON around CloudTrail records. */
import type { Context, Handler } from "hono";
import { isObject, parseJson } from "../core/json.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { Ingest, Rejection } from "../ingest/ingest.ts";
import { type Unwrapped, unwrap } from "../ingest/unwrap.ts";
import type { Road } from "../mappers/mapping.ts";
import type { AccessCheck } from "./access.ts";
import { bodyProblem, readBody } from "./body.ts";
import { brokerProblem, problem } from "./problem.ts";
import { traceparentOf } from "./traceparent.ts";

export interface RecordRoute {
  readonly road: Extract<Road, "eventbridge" | "cloudtrail">;
  readonly maxBytes: number;
  readonly access: AccessCheck;
  readonly ingest: Pick<Ingest, "records">;
}

export function recordRoute({ road, maxBytes, access, ingest }: RecordRoute): Handler {
  return async function takeRecords(c: Context): Promise<Response> {
    const refused = access(c.req.raw);
    if (refused) return refused;
    const body = await readBody(c.req.raw, maxBytes);
    if (!body.ok) return bodyProblem(body.error, maxBytes);
    const text = decodeUtf8(body.value);
    const parsed = text === undefined ? undefined : parseRecords(text, road === "cloudtrail");
    if (!parsed) return problem("invalid_json");
    const result = await ingest.records(parsed.found, { road, traceparent: traceparentOf(c.req.raw) });
    if (!result.ok) return brokerProblem(result.error);
    const { rejected } = parsed;
    return c.json({ ...result.value, ...(rejected.length > 0 && { rejected }) }, 202);
  };
}

interface ParsedRecords {
  readonly found: readonly Unwrapped[];
  readonly rejected: readonly Rejection[];
}

function parseRecords(text: string, lines: boolean): ParsedRecords | undefined {
  const value = parseJson(text);
  if (value !== undefined) return { found: unwrap(value), rejected: [] };
  return lines ? parseLines(text) : undefined;
}

/** NDJSON. A line that is not JSON is named, and its neighbours go on; without one good line it is no NDJSON. */
function parseLines(text: string): ParsedRecords | undefined {
  const found: Unwrapped[] = [];
  const rejected: Rejection[] = [];
  let objects = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const value = parseJson(line);
    if (value === undefined) {
      rejected.push({ index, code: "invalid_json" });
      continue;
    }
    if (isObject(value)) objects += 1;
    // One by one: a line may hold more records than a call takes arguments.
    for (const one of unwrap(value)) found.push(one);
  }
  return objects > 0 ? { found, rejected } : undefined;
}
