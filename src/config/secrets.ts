import * as z from "zod";
import { leaf, refuse } from "./section.ts";

const SYMMETRIC = /^whsec_([A-Za-z0-9+/]+)(={0,2})$/;
const ASYMMETRIC = /^whsk_([A-Za-z0-9+/]+)(={0,2})$/;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
export const sharedSecret = leaf("a Standard Webhooks secret: whsec_ and the base64 of 24 to 64 bytes", (input) =>
  isSharedSecret(input) ? input : undefined,
);

const SIGNING = "a Standard Webhooks secret: whsec_ and the base64 of 24 to 64 bytes, or a whsk_ key";
const PRIVATE_KEY = "whsk_ and the base64 of an Ed25519 key: 32 bytes of seed, or 64 with the public key behind them";

/** What a target is signed for with. What is wrong is said for the kind of key that was meant. */
export const signingSecret = z.unknown().transform((input, report): string => {
  if (isSharedSecret(input) || isSigningKey(input)) return input;
  return refuse(report, { path: [], message: secretProblem(input) });
});

function secretProblem(input: unknown): string {
  if (typeof input !== "string") return `${input === undefined ? "is required:" : "must be"} ${SIGNING}`;
  if (input.startsWith("whpk_")) return "is a public key, which only verifies: the target is signed for with whsk_";
  return `must be ${input.startsWith("whsk_") ? PRIVATE_KEY : SIGNING}`;
}

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
