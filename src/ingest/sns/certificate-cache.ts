import { err, ok, type Result } from "../../core/result.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { SNS_FETCH_LIMITS, type SnsFetch, type SnsFetchFault } from "./sns-fetch.ts";

/** The URL must have been judged before. */
export type CertificateSource = (url: string) => Promise<Result<Certificate, CertificateFault>>;

export type CertificateFault = SnsFetchFault | "not_a_certificate" | "too_many_fetches";

/** AWS has one certificate per region at a time, and a new one each year. */
const MAX_KEPT = 16;

/** Whoever knows a topic's ARN can make up URLs of certificates; no more than this many are asked for at once. */
const MAX_FETCHES = 16;

/** Certificates by URL, which names their content. What could not be had is asked for again at the next message. */
export function createCertificateCache(fetch: SnsFetch): CertificateSource {
  /** The one that was not needed for the longest time stands first. */
  const kept = new Map<string, Certificate>();
  const fetches = new Map<string, Promise<Result<Certificate, CertificateFault>>>();

  return async function certificateOf(url) {
    const known = kept.get(url);
    if (known) {
      keep(url, known);
      return ok(known);
    }
    const running = fetches.get(url);
    if (running) return running;
    if (fetches.size >= MAX_FETCHES) return err("too_many_fetches");
    const fetched = load(url).finally(() => fetches.delete(url));
    fetches.set(url, fetched);
    return fetched;
  };

  async function load(url: string): Promise<Result<Certificate, CertificateFault>> {
    const pem = await fetch(url, SNS_FETCH_LIMITS);
    if (!pem.ok) return pem;
    const certificate = parseCertificate(pem.value);
    if (!certificate) return err("not_a_certificate");
    keep(url, certificate);
    return ok(certificate);
  }

  function keep(url: string, certificate: Certificate): void {
    kept.delete(url);
    kept.set(url, certificate);
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
  }
}
