/** Sends the events of one try, which ends with its timeout, whatever the sink does. */
import type { Delivery } from "../broker/broker.ts";
import type { Sink, SinkResult } from "../sinks/sink.ts";
import type { Try } from "./verdict.ts";

export interface SenderOptions {
  readonly sink: Sink;
  readonly timeoutMs: number;
  /** Several events may go in one request, and one goes as a batch as well. */
  readonly isBatched: boolean;
  readonly onThrow: (error: unknown) => void;
}

/** Aborting `controller` ends the try sooner. */
export type Sender = (batch: readonly Delivery[], controller: AbortController) => Promise<Try["result"]>;

export function createSender({ sink, timeoutMs, isBatched, onThrow }: SenderOptions): Sender {
  function send([first, ...others]: readonly Delivery[], signal: AbortSignal): Promise<SinkResult> {
    if (!first) throw new Error("a try without events");
    if (!isBatched) return sink.send(first.event, signal);
    if (!sink.sendBatch) throw new Error("the sink takes no batches");
    return sink.sendBatch([first.event, ...others.map(({ event }) => event)], signal);
  }

  return async function sendWithin(batch, controller) {
    let timedOut = false;
    const timeout = setTimeout(() => {
      timedOut = true;
      controller.abort();
    }, timeoutMs);
    try {
      const result = await send(batch, controller.signal);
      return timedOut && result.kind === "failure" ? { kind: "timeout" } : result;
    } catch (error) {
      onThrow(error);
      return { kind: "failure", reason: "invalid_answer", message: String(error) };
    } finally {
      clearTimeout(timeout);
    }
  };
}
