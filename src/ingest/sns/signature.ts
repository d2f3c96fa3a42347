import { decodeBase64 } from "../../core/event.ts";
import type { SnsMessage } from "./message.ts";
import { stringToSign } from "./string-to-sign.ts";

/** By `SignatureVersion`; others do not exist. */
const HASHES: Readonly<Record<string, string>> = { "1": "SHA-1", "2": "SHA-256" };

/** From RSA with 1024 bits to 8192. */
const SIGNATURE_BYTES = { min: 128, max: 1024 };

/** The bytes of the signature; undefined where there cannot be a key that fits them. */
export function signatureBytes(base64: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  try {
    const bytes = decodeBase64(base64).slice();
    return bytes.length >= SIGNATURE_BYTES.min && bytes.length <= SIGNATURE_BYTES.max ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** RSASSA-PKCS1-v1_5 over the string to sign, by the key of a certificate. */
export async function verifySignature(
  message: SnsMessage,
  signature: Uint8Array<ArrayBuffer>,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const hash = HASHES[message.signatureVersion];
  if (hash === undefined) return false;
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
  try {
    const key = await crypto.subtle.importKey("spki", publicKey, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, key, signature, new TextEncoder().encode(stringToSign(message)));
  } catch {
    // A key of another kind than RSA.
    return false;
  }
}
