/**
 * Standard Webhooks signatures, version v1: HMAC-SHA256 over `id.timestamp.body`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { decodeBase64 } from "./event.ts";
import { err, ok, type Result } from "./result.ts";
import { constantTimeEqual } from "./secret-compare.ts";

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
const TOLERANCE_MS = 300_000;

const encoder = new TextEncoder();

const SECONDS = /^\d{1,12}$/;

/** A whole HMAC-SHA256. What is shorter is no signature: https://github.com/standard-webhooks/standard-webhooks/pull/115 */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

/** `secrets` are `whsec_` and base64; throws where one is not. */
export function createWebhookVerifier(secrets: readonly string[]): WebhookVerifier {
  const keys = secrets.map(importWebhookKey);

  return async function verifyWebhook({ headers, body, nowMs }) {
    const id = headers.get("webhook-id") ?? "";
    const timestamp = headers.get("webhook-timestamp") ?? "";
    const given = signatures(headers.get("webhook-signature") ?? "");
    if (id === "" || !SECONDS.test(timestamp) || given.length === 0) return err("bad_signature");
    if (Math.abs(nowMs - Number(timestamp) * 1000) > TOLERANCE_MS) return err("stale_timestamp");

    const content = signedContent(id, timestamp, body);
    let found = false;
    for (const key of keys) {
      // One HMAC a secret, however many signatures are sent. `subtle.verify` would take one for each, and told by its
      // time how much of it was right: https://nvd.nist.gov/vuln/detail/CVE-2026-21713
      const wanted = await hmac(key, content);
      for (const signature of given) if (constantTimeEqual(signature, wanted)) found = true;
    }
    return found ? ok(id) : err("bad_signature");
  };
}

/** The bytes that are signed. `timestamp` is in seconds since the Unix epoch. */
export function signedContent(id: string, timestamp: number | string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return content;
}

/** `secret` is `whsec_` and base64; throws where it is not. */
export function importWebhookKey(secret: string): Promise<CryptoKey> {
  const bytes = new Uint8Array(decodeBase64(secret.replace(/^whsec_/, "")));
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

export async function hmac(key: Promise<CryptoKey>, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await key, content));
}

/** Those of the version known here; a sender may add others. */
function signatures(header: string): readonly Uint8Array[] {
  return header.split(" ").flatMap((one) => {
    const [, base64] = SIGNATURE.exec(one) ?? [];
    return base64 === undefined ? [] : [decodeBase64(base64)];
  });
}
