/** Pieces of which the description of a route is put together, https://spec.openapis.org/oas/v3.1.1.html */
import { PROBLEMS, type ProblemCode } from "./problem.ts";

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** By method in lower case. */
export type PathItem = Readonly<Record<string, Operation>>;

export function ref(kind: "schemas" | "responses", name: string): object {
  return { $ref: `#/components/${kind}/${name}` };
}

export function json(schema: object, type = "application/json"): object {
  return { [type]: { schema } };
}

/** A body in any of these media types. */
export function body(description: string, content: object): object {
  return { description, required: true, content };
}

export function answer(description: string, content?: object): object {
  return content === undefined ? { description } : { description, content };
}

/** One response a status, with the codes that it can have here. */
export function problems(...codes: readonly ProblemCode[]): Readonly<Record<string, object>> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const [status] = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, all]) => [String(status), problemResponse(status, all)]));
}

function problemResponse(status: number, codes: readonly ProblemCode[]): object {
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join("; ");
  const schema = {
    allOf: [ref("schemas", "Problem"), { properties: { status: { const: status }, code: { enum: codes } } }],
  };
  const response = { description, content: json(schema, "application/problem+json") };
  const retryAfter = { description: "Seconds to wait", schema: { type: "integer" } };
  return status === 503 ? { ...response, headers: { "Retry-After": retryAfter } } : response;
}

/** Any of the configured keys, in any of three places. */
export const KEYED = [{ apiKey: [] }, { bearer: [] }, { basic: [] }];
