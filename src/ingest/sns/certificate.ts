/**
 * X.509 certificates, as far as WebCrypto does not read them: the public key, the dates, the names. RFC 5280, section 4.1
 *
 * The chain is not built. A certificate is fetched over TLS from the host that we made of the topic, so AWS itself has
 * vouched for it; its names and dates are looked at on top of that.
 */
import { decodeBase64 } from "../../core/event.ts";
import { type DerValue, readDer, readInside } from "./der.ts";

export interface Certificate {
  /** SubjectPublicKeyInfo, as `crypto.subtle.importKey("spki")` takes it. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The subject's common names and the DNS names of the subject's alternative names. */
  readonly names: readonly string[];
}

const SEQUENCE = 0x30;
const SET = 0x31;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const OCTET_STRING = 0x04;
const DNS_NAME = 0x82;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";

/** The first certificate of a PEM text; undefined where there is none. */
export function parseCertificate(pem: string): Certificate | undefined {
  const [, base64] = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem) ?? [];
  const der = base64 === undefined ? undefined : decode(base64);
  const [outer] = (der && readDer(der)) ?? [];
  const [content] = readInside(outer, SEQUENCE) ?? [];
  const fields = readInside(content, SEQUENCE) ?? [];
  // Left out, the version is 1, and all else stands one place further to the front.
  const [, , , validity, subject, publicKey, ...rest] = fields[0]?.tag === VERSION ? fields.slice(1) : fields;
  const [from, to] = readInside(validity, SEQUENCE) ?? [];
  const notBeforeMs = timeOf(from);
  const notAfterMs = timeOf(to);
  if (notBeforeMs === undefined || notAfterMs === undefined || publicKey?.tag !== SEQUENCE) return undefined;
  const extensions = rest.find(({ tag }) => tag === EXTENSIONS);
  const names = [...commonNames(subject), ...dnsNames(extensions)];
  return { publicKey: publicKey.whole.slice(), notBeforeMs, notAfterMs, names };
}

function decode(base64: string): Uint8Array | undefined {
  try {
    return decodeBase64(base64);
  } catch {
    return undefined;
  }
}

function commonNames(subject: DerValue | undefined): readonly string[] {
  const attributes = (readInside(subject, SEQUENCE) ?? []).flatMap((set) => readInside(set, SET) ?? []);
  return attributes.flatMap((attribute) => {
    const [type, value] = readInside(attribute, SEQUENCE) ?? [];
    return objectId(type) === COMMON_NAME && value ? [textOf(value)] : [];
  });
}

function dnsNames(extensions: DerValue | undefined): readonly string[] {
  const [list] = readInside(extensions, EXTENSIONS) ?? [];
  return (readInside(list, SEQUENCE) ?? []).flatMap((extension) => {
    const parts = readInside(extension, SEQUENCE) ?? [];
    if (objectId(parts[0]) !== SUBJECT_ALT_NAME) return [];
    // Between the two may stand whether the extension is critical.
    const [names] = readInside(parts.at(-1), OCTET_STRING) ?? [];
    return (readInside(names, SEQUENCE) ?? []).filter(({ tag }) => tag === DNS_NAME).map(textOf);
  });
}

/** Dotted, for identifiers whose parts are all below 128, as those that are looked for are. */
function objectId(value: DerValue | undefined): string | undefined {
  if (value?.tag !== 0x06) return undefined;
  const [first = 0, ...others] = value.content;
  return [Math.floor(first / 40), first % 40, ...others].join(".");
}

function textOf({ content }: DerValue): string {
  return new TextDecoder().decode(content);
}

/** Both ways of writing a time, in UTC and to the second, as RFC 5280 demands them (4.1.2.5). */
function timeOf(value: DerValue | undefined): number | undefined {
  if (!value || (value.tag !== UTC_TIME && value.tag !== GENERALIZED_TIME)) return undefined;
  const text = textOf(value);
  const century = value.tag === GENERALIZED_TIME ? "" : text < "5" ? "20" : "19";
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(`${century}${text}`);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
