import * as z from "zod";
import { isObject } from "../core/json.ts";
import { note, refuse } from "./section.ts";

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Written by the delivery itself: what an event is, what its body is, what signs it. */
const OWN = /^(?:ce-.*|webhook-.*|content-type|content-length|host)$/;

/** What HTTP clients refuse or write themselves. https://fetch.spec.whatwg.org/#forbidden-request-header */
const CONNECTION = new Set(["connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

/** Fixed headers of an HTTP target. */
export const headers = z.unknown().transform((input, report): Record<string, string> => {
  if (!isObject(input)) return refuse(report, { path: [], message: "must be a map of header names to texts" });
  const values: [string, string][] = [];
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(input)) {
    const problem = nameProblem(name, seen) ?? valueProblem(value);
    if (problem !== undefined) note(report, { path: [name], message: problem });
    else if (typeof value === "string") values.push([name, value]);
    seen.add(name.toLowerCase());
  }
  return Object.fromEntries(values);
});

function nameProblem(name: string, seen: ReadonlySet<string>): string | undefined {
  const folded = name.toLowerCase();
  if (!TOKEN.test(name) || name === "__proto__") return "is not a header name";
  if (OWN.test(folded)) return "cannot be set: poolcast writes this header itself";
  if (CONNECTION.has(folded)) return "cannot be set: this header belongs to the connection";
  return seen.has(folded) ? "is the same header as one above" : undefined;
}

function valueProblem(value: unknown): string | undefined {
  if (typeof value === "string" && VALUE.test(value)) return undefined;
  return "must be a text without line breaks and control characters, in quotes where it looks like a number";
}
