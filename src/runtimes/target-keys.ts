/**
 * Whether keys and certificates of targets can be used: found out by trying, before anything listens, instead of with
 * the first event. Only the runtime has the parts that know.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Config, ConfigFault, HttpTargetConfig } from "../config/config.ts";

export function unusableKeys({ subscriptions }: Config): readonly ConfigFault[] {
  return subscriptions.flatMap(({ name, target }) => {
    if (target.kind !== "http") return [];
    const at = `subscriptions.${name}.target`;
    return [...unusableTls(at, target), ...unusableSecrets(at, target)];
  });
}

function unusableTls(at: string, { tls }: HttpTargetConfig): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  const { ca, cert, key } = tls ?? {};
  for (const [name, pem] of Object.entries({ ca, cert })) {
    if (pem !== undefined && !holdsCertificates(pem)) {
      faults.push({ path: `${at}.tls.${name}`, message: "must be certificates as PEM text, readable ones" });
    }
  }
  if (key !== undefined && !isPrivateKey(key)) {
    faults.push({ path: `${at}.tls.key`, message: "must be a private key as PEM text, without a passphrase" });
  }
  if (faults.length === 0 && cert !== undefined && key !== undefined && !belongTogether(cert, key)) {
    faults.push({ path: `${at}.tls`, message: "cert and key do not belong together" });
  }
  return faults;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Node takes a text without certificates for an empty list, and would trust nobody. */
function holdsCertificates(pem: string): boolean {
  const certificates = pem.match(CERTIFICATE) ?? [];
  return certificates.length > 0 && succeeds(() => certificates.map((one) => new X509Certificate(one)));
}

function isPrivateKey(pem: string): boolean {
  return succeeds(() => createPrivateKey(pem));
}

function belongTogether(cert: string, key: string): boolean {
  return succeeds(() => createSecureContext({ cert, key }));
}

function unusableSecrets(at: string, { secrets }: HttpTargetConfig): readonly ConfigFault[] {
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

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
