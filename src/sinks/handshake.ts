/**
 * Asks a target whether it wants to be sent events, and how many a minute, before the first is sent.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
import type { Clock } from "../core/clock.ts";
import { orAborted } from "../core/or-aborted.ts";
import type { HttpAnswer, HttpClient } from "./http-client.ts";
import { createPacer } from "./pacer.ts";
import type { FailedSend } from "./sink.ts";

export interface HandshakeOptions {
  readonly url: URL;
  /** A DNS name that stands for all of this gateway's senders. */
  readonly origin: string;
  /** How many requests a minute would be welcome; undefined asks for no certain rate. */
  readonly ratePerMinute?: number | undefined;
  /** How long one event may wait for its turn. */
  readonly patienceMs: number;
}

export interface HandshakeParts {
  readonly client: HttpClient;
  readonly clock: Clock;
  /** The headers of a delivery that are the same for all: a gateway before the target may ask for them. */
  readonly headers: () => Promise<Readonly<Record<string, string>> | FailedSend>;
}

export interface Handshake {
  /** Resolves when one event may be sent: undefined; or with why not. */
  admit(signal: AbortSignal): Promise<FailedSend | undefined>;
  /** What the target answered to an event: permission may have been withdrawn. */
  heard(status: number): void;
  /** Accompanies each delivery, section 4.1.2. */
  readonly deliveryHeaders: Readonly<Record<string, string>>;
}

type Outcome = { readonly granted: true; readonly perMinute: number | undefined } | FailedSend;

const TIMEOUT_MS = 10_000;
/** A permission has no end in the specification; a changed rate should be heard of within the day's work. */
const GRANTED_FOR_MS = 3_600_000;
/** A refusal is believed for a while: all the events that wait ask the same. */
const REFUSED_FOR_MS = 10_000;
/** Asked again after such answers, but not for each of them. */
const WITHDRAWN = new Set([401, 403, 404, 405]);
const WITHDRAWN_PAUSE_MS = 60_000;

export function createHandshake(options: HandshakeOptions, { client, clock, headers }: HandshakeParts): Handshake {
  const { url, origin, ratePerMinute } = options;
  const pacer = createPacer(clock, options.patienceMs);
  const deliveryHeaders = { "webhook-request-origin": origin };
  let last: { readonly outcome: Outcome; readonly atMs: number; readonly untilMs: number } | undefined;
  let asking: Promise<Outcome> | undefined;

  async function ask(): Promise<Outcome> {
    const given = await headers();
    if (isFailure(given)) return given;
    const rate = ratePerMinute === undefined ? {} : { "webhook-request-rate": String(ratePerMinute) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = { method: "OPTIONS", url, headers: { ...given, ...deliveryHeaders, ...rate }, signal } as const;
    const answer = await client.send(request);
    const outcome =
      signal.aborted && !answer.ok ? failure("connection_failed", "handshake: timeout") : judge(answer, origin);
    const atMs = clock();
    const granted = "granted" in outcome;
    if (granted) pacer.setRate(outcome.perMinute);
    last = { outcome, atMs, untilMs: atMs + (granted ? GRANTED_FOR_MS : REFUSED_FOR_MS) };
    return outcome;
  }

  function permission(): Outcome | Promise<Outcome> {
    if (last && clock() < last.untilMs) return last.outcome;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    async admit(signal) {
      try {
        const outcome = await orAborted(Promise.resolve(permission()), signal);
        if (isFailure(outcome)) return outcome;
      } catch {
        return failure("aborted", "aborted");
      }
      return (await pacer.turn(signal)) ? undefined : failure("aborted", "the rate that the target allows is used up");
    },
    heard(status) {
      if (last && WITHDRAWN.has(status) && clock() - last.atMs >= WITHDRAWN_PAUSE_MS) last = undefined;
    },
    deliveryHeaders,
  };
}

/** Permission stands in the headers alone: an answer to OPTIONS, good or bad, is no consent in itself. */
function judge(answer: HttpAnswer, origin: string): Outcome {
  if (!answer.ok) return failure(answer.reason, `handshake: ${answer.message}`);
  const allowed = answer.header("webhook-allowed-origin")?.trim().toLowerCase();
  if (allowed !== "*" && allowed !== origin.toLowerCase()) {
    const why = allowed === undefined ? "no WebHook-Allowed-Origin" : "WebHook-Allowed-Origin names somebody else";
    return failure("handshake_refused", `status_${answer.status}, ${why}`);
  }
  const rate = answer.header("webhook-allowed-rate")?.trim() ?? "*";
  if (rate === "*") return { granted: true, perMinute: undefined };
  if (!/^[1-9]\d{0,8}$/.test(rate))
    return failure("handshake_refused", "WebHook-Allowed-Rate is neither * nor a number");
  return { granted: true, perMinute: Number(rate) };
}

function failure(reason: FailedSend["reason"], message: string): FailedSend {
  return { kind: "failure", reason, message };
}

function isFailure(value: object): value is FailedSend {
  return "kind" in value && value.kind === "failure";
}
