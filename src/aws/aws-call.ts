/** One call to AWS by a client of the SDK: bounded in time, its failures as values, with fresh credentials after a refusal. */
import { err, ok, type Result } from "../core/result.ts";
import { type PollFault, STOPPED } from "../ingest/poll/fault.ts";
import { awsFault } from "./fault.ts";

/** Never rejects. */
export type AwsCall<Client> = <Output>(
  send: (client: Client, signal: AbortSignal) => Promise<Output>,
  signal: AbortSignal,
) => Promise<Result<Output, PollFault>>;

export interface AwsCallOptions<Client> {
  /** Asked anew after AWS refused the credentials that it gave before. */
  readonly connect: () => Client;
  /** For one call, to the last byte of its answer. */
  readonly timeoutMs: number;
}

export function createAwsCall<Client extends { destroy(): void }>(options: AwsCallOptions<Client>): AwsCall<Client> {
  let client: Client | undefined;

  return async (send, signal) => {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    let used = client;
    try {
      used ??= options.connect();
      client = used;
      return ok(await send(used, AbortSignal.any([signal, timeout])));
    } catch (error) {
      if (signal.aborted) return err(STOPPED);
      if (timeout.aborted) return err({ code: "unavailable", error: "TimeoutError" });
      const fault = awsFault(error);
      // The SDK keeps what has no time of expiry for ever. Of several calls that fail the first makes the change.
      if (fault.code.endsWith("_credentials") && client === used) {
        client = undefined;
        used?.destroy();
      }
      return err(fault);
    }
  };
}
