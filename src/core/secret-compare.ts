import type { Sha256 } from "./clock.ts";

/** Whether two byte strings of one length are equal, in a time that does not depend on where they differ. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

/** Checks a presented credential against any of several; hashes are compared, so lengths leak nothing either. */
export function createCredentialCheck(accepted: readonly string[], sha256: Sha256): (presented: string) => boolean {
  const hashes = accepted.map((text) => sha256(text));
  return function isAccepted(presented: string): boolean {
    const hash = sha256(presented);
    let found = false;
    for (const candidate of hashes) if (constantTimeEqual(hash, candidate)) found = true;
    return found;
  };
}
