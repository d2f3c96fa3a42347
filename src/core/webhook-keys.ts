/**
 * The keys of Standard Webhooks: `whsec_` for HMAC-SHA256 (version v1), `whsk_` and `whpk_` for Ed25519 (version v1a).
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 */
import { decodeBase64 } from "./event.ts";
import { constantTimeEqual } from "./secret-compare.ts";

export type SignatureVersion = "v1" | "v1a";

export interface SigningKey {
  readonly version: SignatureVersion;
  sign(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

export interface VerifyingKey {
  readonly version: SignatureVersion;
  /** Whether one of the signatures, all of this version, is right. */
  matches(content: Uint8Array<ArrayBuffer>, signatures: readonly Uint8Array<ArrayBuffer>[]): Promise<boolean>;
}

/** Each costs a scalar multiplication, and who sends them need not have proved anything yet. */
const MAX_ED25519_SIGNATURES = 16;

/** PKCS #8 around the 32 bytes of a private Ed25519 key: https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const PKCS8_HEAD = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/**
 * Of `whsec_` and the base64 of a shared secret, or `whsk_` and the base64 of an Ed25519 key: the 32 bytes of its seed,
 * or 64, the public key behind them. Throws where it is neither.
 */
export function signingKey(secret: string): SigningKey {
  if (secret.startsWith("whsk_")) return ed25519Signing(secret.slice("whsk_".length));
  const sign = hmac(secret);
  return { version: "v1", sign };
}

/** Of `whsec_` and the base64 of a shared secret, or `whpk_` and that of a public Ed25519 key. Throws where it is neither. */
export function verifyingKey(secret: string): VerifyingKey {
  if (secret.startsWith("whpk_")) return ed25519Verifying(secret.slice("whpk_".length));
  const sign = hmac(secret);
  return {
    version: "v1",
    async matches(content, signatures) {
      // One HMAC a secret, however many signatures are sent. `subtle.verify` would take one for each, and told by its
      // time how much of it was right: https://nvd.nist.gov/vuln/detail/CVE-2026-21713
      const wanted = await sign(content);
      let found = false;
      for (const signature of signatures) if (constantTimeEqual(signature, wanted)) found = true;
      return found;
    },
  };
}

function hmac(secret: string): SigningKey["sign"] {
  const bytes = new Uint8Array(decodeBase64(secret.replace(/^whsec_/, "")));
  const key = once(() => crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
  return async (content) => new Uint8Array(await crypto.subtle.sign("HMAC", await key(), content));
}

function ed25519Signing(base64: string): SigningKey {
  const bytes = decodeBase64(base64);
  if (bytes.length !== 32 && bytes.length !== 64) throw new TypeError("an Ed25519 key has 32 bytes, or 64");
  const pkcs8 = new Uint8Array(PKCS8_HEAD.length + 32);
  pkcs8.set(PKCS8_HEAD);
  pkcs8.set(bytes.subarray(0, 32), PKCS8_HEAD.length);
  const key = once(() => crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]));
  return {
    version: "v1a",
    sign: async (content) => new Uint8Array(await crypto.subtle.sign("Ed25519", await key(), content)),
  };
}

/** What is compared here is public, so `subtle.verify` may take its time. */
function ed25519Verifying(base64: string): VerifyingKey {
  const bytes = new Uint8Array(decodeBase64(base64));
  if (bytes.length !== 32) throw new TypeError("a public Ed25519 key has 32 bytes");
  const key = once(() => crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]));
  return {
    version: "v1a",
    async matches(content, signatures) {
      for (const signature of signatures.slice(0, MAX_ED25519_SIGNATURES)) {
        if (await crypto.subtle.verify("Ed25519", await key(), signature, content)) return true;
      }
      return false;
    },
  };
}

/** Begun when it is first needed, so that a failure meets somebody who waits for it. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
