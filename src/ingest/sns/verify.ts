/** Whether SNS sent a message, from a topic of ours, and lately. All that costs nothing is judged before any call. */
import type { Clock } from "../../core/clock.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Certificate } from "./certificate.ts";
import { createCertificateCache } from "./certificate-cache.ts";
import { isCertificateUrl } from "./certificate-url.ts";
import type { SnsMessage } from "./message.ts";
import { signatureBytes, verifySignature } from "./signature.ts";
import type { SnsFetch } from "./sns-fetch.ts";
import { snsHostOf } from "./topic.ts";

export interface SnsVerifierParts {
  /** Exact ARNs; null takes any topic. */
  readonly topicArns: readonly string[] | null;
  readonly allowSignatureV1: boolean;
  readonly fetch: SnsFetch;
  readonly clock: Clock;
}

export type SnsVerifier = (message: SnsMessage) => Promise<Result<Verified, SnsRefusal>>;

export interface Verified {
  /** Where the topic's own AWS endpoint is. */
  readonly host: string;
}

export interface SnsRefusal {
  readonly code:
    | "foreign_topic"
    | "signature_version"
    | "bad_signature"
    | "stale_timestamp"
    | "certificate_unavailable";
  /** For people. Holds nothing of the message. */
  readonly detail: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SKEW_MS = 5 * MINUTE_MS;

/** SNS tries for an hour at most; the token of a confirmation is good for two days. */
const MAX_AGE_MS = {
  Notification: HOUR_MS,
  SubscriptionConfirmation: 48 * HOUR_MS,
  UnsubscribeConfirmation: 48 * HOUR_MS,
} as const satisfies Record<SnsMessage["type"], number>;

/** In all regions, China's too. */
const CERTIFICATE_NAME = "sns.amazonaws.com";

const VERSION_1 =
  "the topic signs with version 1 (SHA-1); set version 2: aws sns set-topic-attributes --topic-arn <arn> " +
  "--attribute-name SignatureVersion --attribute-value 2";

export function createSnsVerifier({ topicArns, allowSignatureV1, fetch, clock }: SnsVerifierParts): SnsVerifier {
  const topics = topicArns && new Set(topicArns);
  const certificateOf = createCertificateCache(fetch);

  return async function verify(message) {
    const { topicArn, signatureVersion, signature, signingCertUrl, type, timestamp } = message;
    const host = snsHostOf(topicArn);
    if (host === undefined || (topics && !topics.has(topicArn))) {
      return refuse("foreign_topic", "the topic is not one of ingest.sns.topicArns");
    }
    if (signatureVersion === "1" && !allowSignatureV1) return refuse("signature_version", VERSION_1);
    if (signatureVersion !== "1" && signatureVersion !== "2") {
      return refuse("signature_version", "the signature is of a version that is not known");
    }
    const bytes = signatureBytes(signature);
    if (!bytes) return refuse("bad_signature", "the signature is not one of RSA");
    if (!isCertificateUrl(signingCertUrl, host)) {
      return refuse("bad_signature", "the certificate is not at the topic's own AWS endpoint");
    }
    const ageMs = clock() - parseTimestamp(timestamp);
    if (!(ageMs <= MAX_AGE_MS[type] + SKEW_MS && ageMs >= -SKEW_MS)) {
      return refuse("stale_timestamp", "the message is too old, or this machine's clock is wrong");
    }
    const certificate = await certificateOf(signingCertUrl);
    if (!certificate.ok) {
      return refuse("certificate_unavailable", `the certificate could not be fetched: ${certificate.error}`);
    }
    const fault = faultOf(certificate.value, clock());
    if (fault !== undefined) return refuse("bad_signature", fault);
    if (!(await verifySignature(message, bytes, certificate.value.publicKey))) {
      return refuse("bad_signature", "the signature does not fit the message");
    }
    return ok({ host });
  };
}

function refuse(code: SnsRefusal["code"], detail: string): Result<never, SnsRefusal> {
  return err({ code, detail });
}

function faultOf({ names, notBeforeMs, notAfterMs }: Certificate, nowMs: number): string | undefined {
  if (!names.includes(CERTIFICATE_NAME)) return "the certificate is not that of SNS";
  if (nowMs < notBeforeMs) return "the certificate is not valid yet";
  return nowMs > notAfterMs ? "the certificate has expired" : undefined;
}

/** NaN for all that is not as SNS writes it; Date.parse alone takes almost anything, and that in local time. */
function parseTimestamp(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : Number.NaN;
}
