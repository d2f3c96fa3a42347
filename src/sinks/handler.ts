/** A function of the program that the gateway is part of, as a sink. */
import type { EventObject } from "../core/event-object.ts";
import { orAborted } from "../core/or-aborted.ts";
import type { Sink, SinkResult } from "./sink.ts";

/**
 * Takes one event. It is delivered when this resolves, and tried again where it throws; a `Response` is judged by its
 * status, as the answer of an HTTP target is. `signal` aborts when the time for this try is over.
 */
export type EventHandler = (
  event: EventObject,
  context: { readonly signal: AbortSignal },
  // biome-ignore lint/suspicious/noConfusingVoidType: what a function without a `return` gives.
) => Promise<Response | void> | Response | void;

export function createHandlerSink(handle: EventHandler): Sink {
  const decoder = new TextDecoder();
  return {
    async send({ bytes }, signal) {
      try {
        const event: EventObject = JSON.parse(decoder.decode(bytes));
        const answer = await orAborted((async () => handle(event, { signal }))(), signal);
        return isResponse(answer) ? answerOf(answer) : { kind: "taken" };
      } catch (error) {
        if (signal.aborted) return { kind: "failure", reason: "aborted", message: "aborted" };
        // Its name alone: what a program's own errors say may hold what the event holds.
        return { kind: "failure", reason: "handler_failed", message: error instanceof Error ? error.name : "" };
      }
    },
    close: async () => {},
  };
}

/** Not by its class: servers replace the global one by their own. */
function isResponse(answer: unknown): answer is Response {
  return Object.prototype.toString.call(answer) === "[object Response]";
}

function answerOf({ status, headers }: Response): SinkResult {
  return { kind: "answer", status, retryAfter: headers.get("retry-after") ?? undefined };
}
