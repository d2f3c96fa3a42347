/**
 * The sink port: takes one event somewhere else and says what came of it.
 *
 * Duties: one try per call, no retry of its own, no redirect followed; stop promptly when `signal` aborts; never
 * reject; read no more of an answer than `MAX_ANSWER_BYTES`. Calls may overlap up to the subscription's concurrency.
 */
import type { EncodedEvent } from "../core/event.ts";

export interface Sink {
  send(event: EncodedEvent, signal: AbortSignal): Promise<SinkResult>;
  /** The same for several events in one request, all of which have its result; only where the target takes batches. */
  readonly sendBatch?: (events: readonly EncodedEvent[], signal: AbortSignal) => Promise<SinkResult>;
  close(): Promise<void>;
}

export type SinkResult =
  | { readonly kind: "taken" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly retryAfter?: string | undefined;
      /** What was read of its body, where the sink was told to keep that. */
      readonly body?: Uint8Array | undefined;
    }
  | FailedSend;

export interface FailedSend {
  readonly kind: "failure";
  readonly reason: SinkFailure;
  /** Never holds a credential. */
  readonly message: string;
}

export type SinkFailure =
  /** `signal` aborted, or the event's turn did not come: as far as the sink knows it was not sent, and nobody refused it. */
  | "aborted"
  | "connection_failed"
  | "tls_failed"
  | "dns_failed"
  /** The URL, its host or its address is not one that targets may reach. */
  | "address_refused"
  /** The target did not agree to deliveries: CloudEvents webhook handshake. */
  | "handshake_refused"
  /** No access token was to be had for the target. */
  | "token_failed"
  | "invalid_answer"
  /** There is no room for more events. */
  | "target_full"
  /** It answers, and cannot take events now: it is starting, or was replaced by another. */
  | "target_unavailable"
  /** It does not know us, or does not let us. */
  | "not_authorized"
  /** What is there is not what the configuration takes it for, such as a Redis key that is no stream. */
  | "target_unfit"
  /** A function of the program that the gateway is part of threw. */
  | "handler_failed"
  /** The event cannot be written in the form the sink wants. */
  | "unsendable";

export const MAX_ANSWER_BYTES = 16 * 1024;
