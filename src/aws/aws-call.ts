/** One call of the SDK: never endless, and its failure by AWS's own name. */
import { orAborted } from "../core/or-aborted.ts";

/** More than AWS takes, less than anybody waits for; also for finding the credentials, which no signal reaches. */
const CALL_MS = 10_000;

export function withinTime<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(CALL_MS);
  return orAborted(call(signal), signal);
}

const NAME = /^[\w.:#-]{1,80}$/;

/** `AccessDeniedException`; where no answer came the system's word, as `ECONNREFUSED`. Fit for a metric's label. */
export function awsErrorName(error: unknown): string {
  if (!(error instanceof Error)) return "UnknownError";
  const code = "code" in error ? error.code : undefined;
  // A connection that failed is just an Error, or several of them, with the system's code.
  const plain = error.name === "Error" || error.name === "AggregateError" || error.name === "TypeError";
  const name = plain && typeof code === "string" ? code : error.name;
  return NAME.test(name) ? name : "UnknownError";
}
