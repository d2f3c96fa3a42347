/**
 * Whether TLS keys and certificates of targets can be used: found out by trying, before anything listens, instead of with
 * the first event. Only the runtime has the parts that know.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Config, ConfigFault, HttpTargetConfig } from "../config/config.ts";

export function unusableTlsKeys({ subscriptions }: Config): readonly ConfigFault[] {
  return subscriptions.flatMap(({ name, target }) => {
    if (target.kind !== "http") return [];
    return unusableTls(`subscriptions.${name}.target`, target);
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

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
