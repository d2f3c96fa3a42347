/** An SNS of our own: a key, its certificate, signed messages, and the two calls that poolcast may make to it. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from "node:crypto";
import type { SnsFetch } from "../../src/ingest/sns/sns-fetch.ts";
import { der, utcTime } from "./self-signed.ts";

export const TOPIC = "arn:aws:sns:us-west-2:123456789012:cloudtrail";
export const HOST = "sns.us-west-2.amazonaws.com";

export interface CertificateOptions {
  readonly name?: string;
  readonly altNames?: readonly string[];
  readonly fromMs?: number;
  readonly toMs?: number;
  /** A time from 2050 on has another form. */
  readonly to?: Buffer;
  readonly key?: KeyObject;
}

const HOUR_MS = 3_600_000;
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const authority = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** Of an authority of our own, for the key that messages are signed with unless another is given. */
export function makeCertificate(options: CertificateOptions = {}): string {
  const { name = "sns.amazonaws.com", altNames = [name], key = keys.publicKey } = options;
  const fromMs = options.fromMs ?? Date.now() - HOUR_MS;
  const sha256WithRsa = der(0x30, der(0x06, Buffer.from("2a864886f70d01010b", "hex")), der(0x05));
  const extension = der(
    0x30,
    der(0x06, Buffer.of(0x55, 0x1d, 0x11)),
    der(0x04, der(0x30, ...altNames.map((altName) => der(0x82, Buffer.from(altName))))),
  );
  const content = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(7)),
    sha256WithRsa,
    distinguishedName("Amazon of this test"),
    der(0x30, utcTime(fromMs), options.to ?? utcTime(options.toMs ?? fromMs + 24 * HOUR_MS)),
    distinguishedName(name),
    key.export({ type: "spki", format: "der" }),
    ...(altNames.length > 0 ? [der(0xa3, der(0x30, extension))] : []),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", content, authority.privateKey));
  return pem(der(0x30, content, sha256WithRsa, signature));
}

export function pem(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,64}/g);
  return `-----BEGIN CERTIFICATE-----\n${lines?.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(name: string): Buffer {
  const country = der(0x30, der(0x06, Buffer.of(0x55, 0x04, 0x06)), der(0x13, Buffer.from("US")));
  const commonName = der(0x30, der(0x06, Buffer.of(0x55, 0x04, 0x03)), der(0x0c, Buffer.from(name)));
  return der(0x30, der(0x31, country), der(0x31, commonName));
}

/** As AWS names them: by what they hold. */
export function certificateUrl(host = HOST): string {
  return `https://${host}/SimpleNotificationService-${randomBytes(16).toString("hex")}.pem`;
}

export type Envelope = Record<string, unknown>;

const FIELDS = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
} as const;

/** A message as SNS sends it, with a signature that fits unless `overrides` have one. */
export function signedMessage(
  type: keyof typeof FIELDS,
  overrides: Envelope = {},
  privateKey: KeyObject = keys.privateKey,
): Envelope {
  const confirmation = {
    Token: randomBytes(32).toString("hex"),
    SubscribeURL: "https://attacker.example/?Action=ConfirmSubscription",
  };
  const envelope: Envelope = {
    Type: type,
    MessageId: randomUUID(),
    TopicArn: TOPIC,
    Message: "{}",
    Timestamp: new Date().toISOString(),
    SignatureVersion: "2",
    SigningCertURL: certificateUrl(),
    ...(type === "Notification" ? { UnsubscribeURL: "https://attacker.example/?Action=Unsubscribe" } : confirmation),
    ...overrides,
  };
  const text = FIELDS[type]
    .filter((key) => Object.hasOwn(envelope, key))
    .map((key) => `${key}\n${envelope[key]}\n`)
    .join("");
  const hash = envelope.SignatureVersion === "1" ? "sha1" : "sha256";
  return { Signature: sign(hash, Buffer.from(text), privateKey).toString("base64"), ...envelope };
}

/** Somebody else's key, and the certificate that they would like to be taken. */
export function makeStranger(): { readonly privateKey: KeyObject; readonly certificate: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { privateKey, certificate: makeCertificate({ key: createPublicKey(privateKey) }) };
}

export interface FakeAws {
  readonly fetch: SnsFetch;
  /** What was asked for, in this order. */
  readonly urls: readonly string[];
}

type Answer = Awaited<ReturnType<SnsFetch>>;

/** Has one certificate at every URL that ends as one, and confirms whatever it is asked to. */
export function fakeAws(certificate: string = makeCertificate(), answer?: (url: string) => Answer): FakeAws {
  const urls: string[] = [];
  return {
    urls,
    async fetch(url) {
      urls.push(url);
      if (answer) return answer(url);
      return { ok: true, value: url.endsWith(".pem") ? certificate : "<ConfirmSubscriptionResponse/>" };
    },
  };
}
