import type { Try } from "./verdict.ts";

/**
 * Whether a try says that the target works: undefined where it says nothing, be it that nothing was sent or that the
 * target asked for a pause, which it gets anyway. A target that refuses an event works.
 */
export function isHealthy(result: Try["result"], asksForPause: boolean): boolean | undefined {
  switch (result.kind) {
    case "taken":
      return true;
    case "timeout":
      return false;
    case "failure":
      return result.reason === "aborted" || result.reason === "unsendable" ? undefined : false;
    case "answer":
      if (asksForPause) return undefined;
      return (result.status >= 200 && result.status < 300) || REFUSALS.has(result.status);
  }
}

const REFUSALS: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);
