import type * as z from "zod";
import type { ConfigFault } from "./config.ts";
import { formatPath, type Path } from "./fault-path.ts";

/** A fault whose place is still a list of steps, so that it can be moved below another place. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/**
 * The issues of our own schemas. All of them are made by `section.ts` and `values.ts`, whose messages name what is
 * expected and never what was found; Zod's own wording, which may quote the input, is not passed on.
 */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.map((issue) => ({
    path: issue.path,
    message: issue.code === "custom" ? issue.message : "is not valid here",
  }));
}

/** What is shown: each fault once, in the order found. */
export function toFaults(problems: readonly Problem[]): ConfigFault[] {
  const faults = new Map<string, ConfigFault>();
  for (const { path, message } of problems) {
    const fault = { path: formatPath(path), message };
    faults.set(JSON.stringify(fault), fault);
  }
  return [...faults.values()];
}

/** Leaves out the problems of values already known to be unusable: their own fault says what to do. */
export function notAt(places: readonly Problem[], problems: readonly Problem[]): Problem[] {
  const known = new Set(places.map(({ path }) => formatPath(path)));
  return problems.filter(({ path }) => !known.has(formatPath(path)));
}
