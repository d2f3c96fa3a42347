/**
 * Standard Webhooks signatures over `id.timestamp.body`: v1 is HMAC-SHA256, v1a is Ed25519.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { decodeBase64, encodeBase64 } from "./event.ts";
import { err, ok, type Result } from "./result.ts";
import { type SignatureVersion, signingKey, verifyingKey } from "./webhook-keys.ts";

export interface SignedContent {
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

/** Answers the `webhook-signature` of a message. */
export type WebhookSigner = (content: SignedContent) => Promise<string>;

export type WebhookFault = "bad_signature" | "stale_timestamp";

export interface SignedMessage {
  readonly headers: Headers;
  /** The very bytes that came. */
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Answers the `webhook-id` of a message that one of the secrets signed not long ago. */
export type WebhookVerifier = (message: SignedMessage) => Promise<Result<string, WebhookFault>>;

/** Both ways: what was recorded cannot be played again later, and a clock may be off. */
export const WEBHOOK_TOLERANCE_MS = 300_000;

const encoder = new TextEncoder();

const SECONDS = /^\d{1,12}$/;

/** Whole ones. What is shorter is no signature: https://github.com/standard-webhooks/standard-webhooks/pull/115 */
const SIGNATURES: Readonly<Record<SignatureVersion, RegExp>> = {
  v1: /^v1,([A-Za-z0-9+/]{43}=)$/,
  v1a: /^v1a,([A-Za-z0-9+/]{86}==)$/,
};

/** Signs with every secret (`whsec_` or `whsk_`), so that a receiver may hold the old or the new one. Throws where one is neither. */
export function createWebhookSigner(secrets: readonly string[]): WebhookSigner {
  const keys = secrets.map(signingKey);

  return async function signWebhook({ id, timestamp, body }) {
    const content = signedContent(id, timestamp, body);
    const signatures = await Promise.all(
      keys.map(async ({ version, sign }) => `${version},${encodeBase64(await sign(content))}`),
    );
    return signatures.join(" ");
  };
}

/** `secrets` are `whsec_` or `whpk_` and base64; throws where one is not. */
export function createWebhookVerifier(
  secrets: readonly string[],
  toleranceMs: number = WEBHOOK_TOLERANCE_MS,
): WebhookVerifier {
  const keys = secrets.map(verifyingKey);

  return async function verifyWebhook({ headers, body, nowMs }) {
    const id = headers.get("webhook-id") ?? "";
    const timestamp = headers.get("webhook-timestamp") ?? "";
    const given = { v1: signatures(headers, "v1"), v1a: signatures(headers, "v1a") };
    if (id === "" || !SECONDS.test(timestamp) || given.v1.length + given.v1a.length === 0) return err("bad_signature");
    if (Math.abs(nowMs - Number(timestamp) * 1000) > toleranceMs) return err("stale_timestamp");

    const content = signedContent(id, timestamp, body);
    let found = false;
    for (const key of keys) if (await key.matches(content, given[key.version])) found = true;
    return found ? ok(id) : err("bad_signature");
  };
}

/** The bytes that are signed. */
function signedContent(id: string, timestamp: number | string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return content;
}

/** Those of one version; a sender may add others. */
function signatures(headers: Headers, version: SignatureVersion): readonly Uint8Array<ArrayBuffer>[] {
  return (headers.get("webhook-signature") ?? "").split(" ").flatMap((one) => {
    const [, base64] = SIGNATURES[version].exec(one) ?? [];
    return base64 === undefined ? [] : [new Uint8Array(decodeBase64(base64))];
  });
}
