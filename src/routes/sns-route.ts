/** POST /ingest/sns: signed notifications, the two confirmations, and raw delivery where a key for it is configured. */
import type { Context, Handler } from "hono";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import { parseJson } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { Ingest } from "../ingest/ingest.ts";
import { confirmSubscription } from "../ingest/sns/confirm.ts";
import { parseSnsMessage, type SnsConfirmation, type SnsMessage } from "../ingest/sns/message.ts";
import type { SnsFetch } from "../ingest/sns/sns-fetch.ts";
import type { SnsRefusal, SnsVerifier, Verified } from "../ingest/sns/verify.ts";
import { type Unwrapped, unwrap } from "../ingest/unwrap.ts";
import type { AccessCheck } from "./access.ts";
import { bodyProblem, readBody } from "./body.ts";
import { brokerProblem, problem } from "./problem.ts";
import { traceparentOf } from "./traceparent.ts";

export interface SnsOptions {
  /** Asked before anything else, where there is one. */
  readonly access?: AccessCheck | undefined;
  /** Who may deliver raw messages, which nobody has signed. */
  readonly rawAccess: AccessCheck;
  readonly verify: SnsVerifier;
  readonly confirm: "auto" | "manual";
  readonly fetch: SnsFetch;
}

export interface SnsRoute extends SnsOptions {
  readonly ingest: Pick<Ingest, "records">;
  readonly metrics: Pick<GatewayMetrics, "snsMessages">;
  readonly log: Log;
}

/** A message of 256 KiB, whose quotes and newlines are escaped once more in the envelope. */
const MAX_BYTES = 512 * 1024;

const NOTHING = { accepted: 0, duplicates: 0, ignored: 0 };

const NOT_JSON: readonly Unwrapped[] = [{ kind: "ignored", reason: "not_a_record" }];

const HOW_TO_CONFIRM =
  "set ingest.sns.confirm to auto, with the topic in topicArns, and request the confirmation again " +
  "(SNS console: Request confirmation; or aws sns subscribe as before)";

export function snsRoute(parts: SnsRoute): Handler {
  const { access, rawAccess, verify, confirm, fetch, ingest, metrics, log } = parts;
  const count = (type: SnsMessage["type"] | "raw", outcome: string) => metrics.snsMessages.add({ type, outcome });

  const told = new Set<SnsRefusal["code"]>();

  return async function takeMessage(c: Context): Promise<Response> {
    const request = c.req.raw;
    const refused = access?.(request);
    if (refused) return refused;
    const mayBeRaw = rawAccess(request) === undefined;
    const isRaw = request.headers.get("x-amz-sns-rawdelivery") === "true";
    if (isRaw && !mayBeRaw) return refuseRaw();
    const body = await readBody(request, MAX_BYTES);
    if (!body.ok) return bodyProblem(body.error, MAX_BYTES);
    const text = decodeUtf8(body.value);
    if (isRaw) return takeText(c, "raw", text);
    const parsed = text === undefined ? undefined : parseJson(text);
    if (parsed === undefined) return mayBeRaw ? takeText(c, "raw", text) : problem("invalid_json");
    const message = parseSnsMessage(parsed);
    if (message.ok) return takeSigned(c, message.value);
    if (message.error === "malformed") {
      return problem("bad_signature", { detail: "a field that is signed is missing or no plain string" });
    }
    return mayBeRaw ? takeText(c, "raw", text) : refuseRaw();
  };

  async function takeSigned(c: Context, message: SnsMessage): Promise<Response> {
    const verified = await verify(message);
    if (!verified.ok) return refuseMessage(message, verified.error);
    switch (message.type) {
      case "Notification":
        return takeText(c, message.type, message.message);
      case "SubscriptionConfirmation":
        return confirm === "auto" ? confirmTopic(c, message, verified.value) : askOperator(c, message);
      case "UnsubscribeConfirmation":
        // The message carries what it takes to subscribe again. Whoever unsubscribed will have had a reason.
        count(message.type, "unsubscribed");
        log("warn", "a topic has unsubscribed this gateway and sends nothing more", { topic: message.topicArn });
        return c.json(NOTHING);
    }
  }

  async function takeText(c: Context, type: "raw" | "Notification", text: string | undefined): Promise<Response> {
    const parsed = text === undefined ? undefined : parseJson(text);
    const found = parsed === undefined ? NOT_JSON : unwrap(parsed);
    const result = await ingest.records(found, { road: "sns", traceparent: traceparentOf(c.req.raw) });
    count(type, result.ok ? "taken" : result.error);
    return result.ok ? c.json(result.value) : brokerProblem(result.error);
  }

  async function confirmTopic(c: Context, message: SnsConfirmation, { host }: Verified): Promise<Response> {
    const confirmed = await confirmSubscription(message, host, fetch);
    const topic = message.topicArn;
    if (!confirmed.ok) {
      count(message.type, "confirmation_failed");
      log("warn", "a topic could not be confirmed; SNS asks again", { topic, error: confirmed.error });
      return problem("confirmation_failed", { detail: confirmed.error, headers: { "retry-after": "20" } });
    }
    count(message.type, "confirmed");
    log("info", "a topic is confirmed and will send its messages", { topic });
    return c.json(NOTHING);
  }

  /** Without the token: whoever has it can subscribe, so it is kept out of the log. */
  function askOperator(c: Context, { type, topicArn }: SnsConfirmation): Response {
    count(type, "awaits_operator");
    log("warn", "a topic asks to be confirmed", { topic: topicArn, toConfirm: HOW_TO_CONFIRM });
    return c.json(NOTHING);
  }

  function refuseMessage({ type, topicArn }: SnsMessage, { code, detail }: SnsRefusal): Response {
    count(type, code);
    // Only these two are the operator's to mend. Whoever knows a topic's name could fill the log with them.
    if ((code === "signature_version" || code === "certificate_unavailable") && !told.has(code)) {
      told.add(code);
      log("warn", "a message of a topic was not taken; more of the kind are only counted", {
        topic: topicArn,
        code,
        detail,
      });
    }
    return problem(code, { detail, ...(code === "certificate_unavailable" && { headers: { "retry-after": "20" } }) });
  }

  /** SNS sends the password of `https://user:password@host/` only after it was asked for one. */
  function refuseRaw(): Response {
    count("raw", "unauthorized");
    return problem("unauthorized", {
      detail: "this is no SNS envelope; raw delivery needs one of ingest.sns.rawKeys",
      headers: { "www-authenticate": 'Basic realm="poolcast"' },
    });
  }
}
