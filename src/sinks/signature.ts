/** Signs deliveries as Standard Webhooks does; see core/standard-webhooks.ts. */
import { encodeBase64 } from "../core/event.ts";
import { hmac, importWebhookKey, signedContent } from "../core/standard-webhooks.ts";

export interface SignedContent {
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

export type Signer = (content: SignedContent) => Promise<string>;

/** Signs with every secret (`whsec_` and base64), so that a receiver may hold the old or the new one. */
export function createSigner(secrets: readonly string[]): Signer {
  const keys = secrets.map(importWebhookKey);

  return async function sign({ id, timestamp, body }) {
    const content = signedContent(id, timestamp, body);
    const signatures = await Promise.all(keys.map(async (key) => `v1,${encodeBase64(await hmac(key, content))}`));
    return signatures.join(" ");
  };
}
