/** Whether the signing keys of targets are what they say, found out before the first event needs one. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import type { Config, ConfigFault, HttpTargetConfig } from "../config/config.ts";

export function unusableSecrets({ subscriptions }: Config): readonly ConfigFault[] {
  return subscriptions.flatMap(({ name, target }) =>
    target.kind === "http" ? secretFaults(`subscriptions.${name}.target`, target) : [],
  );
}

function secretFaults(at: string, { secrets }: HttpTargetConfig): readonly ConfigFault[] {
  const message = "is a whsk_ key whose second half is not the public key of its first";
  return secrets.flatMap((secret, index) => {
    const path = secrets.length === 1 ? `${at}.secret` : `${at}.secret[${index}]`;
    return isConsistent(secret) ? [] : [{ path, message }];
  });
}

/** Signatures are made with the first half alone; whoever verifies them was likely given the second. */
function isConsistent(secret: string): boolean {
  const bytes = secret.startsWith("whsk_") ? Buffer.from(secret.slice("whsk_".length), "base64") : undefined;
  if (bytes?.length !== 64) return true;
  const [d, x] = [bytes.subarray(0, 32).toString("base64url"), bytes.subarray(32).toString("base64url")];
  // Node derives the public key from `d`, whatever `x` says.
  const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x }, format: "jwk" });
  return createPublicKey(key).export({ format: "jwk" }).x === x;
}
