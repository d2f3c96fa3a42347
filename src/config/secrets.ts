import { leaf } from "./section.ts";

const SYMMETRIC = /^whsec_([A-Za-z0-9+/]+)(={0,2})$/;
const ASYMMETRIC = /^whsk_([A-Za-z0-9+/]+)(={0,2})$/;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
export const sharedSecret = leaf("a Standard Webhooks secret: whsec_ and the base64 of 24 to 64 bytes", (input) =>
  isSharedSecret(input) ? input : undefined,
);

/** Ed25519 keys come as the 32 bytes of the seed, or as the seed with the public key behind it. */
export const signingSecret = leaf(
  "a Standard Webhooks secret: whsec_ and the base64 of 24 to 64 bytes, or whsk_ and the base64 of an Ed25519 key",
  (input) => (isSharedSecret(input) || isSigningKey(input) ? input : undefined),
);

function isSharedSecret(input: unknown): input is string {
  const length = decodedLength(input, SYMMETRIC);
  return length >= 24 && length <= 64;
}

function isSigningKey(input: unknown): input is string {
  const length = decodedLength(input, ASYMMETRIC);
  return length === 32 || length === 64;
}

/** Bytes in the base64 part, -1 where there is none. Padding may be left out, but not be wrong. */
function decodedLength(input: unknown, pattern: RegExp): number {
  const match = typeof input === "string" ? pattern.exec(input) : null;
  if (!match) return -1;
  const [, digits = "", padding = ""] = match;
  const whole = padding === "" ? digits.length % 4 !== 1 : (digits.length + padding.length) % 4 === 0;
  return whole ? Math.floor((digits.length * 3) / 4) : -1;
}
