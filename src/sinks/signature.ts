/**
 * Standard Webhooks signatures, version v1 (HMAC-SHA256 over `id.timestamp.body`).
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { decodeBase64, encodeBase64 } from "../core/event.ts";

export interface SignedContent {
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

export type Signer = (content: SignedContent) => Promise<string>;

/** Signs with every secret (`whsec_` and base64), so that a receiver may hold the old or the new one. */
export function createSigner(secrets: readonly string[]): Signer {
  const keys = secrets.map((secret) =>
    crypto.subtle.importKey(
      "raw",
      decodeBase64(secret.replace(/^whsec_/, "")) as Uint8Array<ArrayBuffer>,
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    ),
  );
  const encoder = new TextEncoder();

  return async function sign({ id, timestamp, body }) {
    const head = encoder.encode(`${id}.${timestamp}.`);
    const content = new Uint8Array(head.length + body.length);
    content.set(head);
    content.set(body, head.length);
    const signatures = await Promise.all(
      keys.map(
        async (key) => `v1,${encodeBase64(new Uint8Array(await crypto.subtle.sign("HMAC", await key, content)))}`,
      ),
    );
    return signatures.join(" ");
  };
}
