import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSnsMessage } from "../../../src/ingest/sns/message.ts";
import { createSnsVerifier, type SnsVerifierParts } from "../../../src/ingest/sns/verify.ts";
import {
  certificateUrl,
  type Envelope,
  fakeAws,
  HOST,
  makeCertificate,
  makeStranger,
  signedMessage,
  TOPIC,
} from "../../support/sns.ts";

const CERTIFICATE = makeCertificate();
const MINUTE_MS = 60_000;
const at = (ms: number) => ({ Timestamp: new Date(Date.now() + ms).toISOString() });

/** The code of the refusal, or `verified`, or `unparsed`; and what was asked for meanwhile. */
async function judge(envelope: Envelope, parts: Partial<SnsVerifierParts> = {}, aws = fakeAws(CERTIFICATE)) {
  const verify = createSnsVerifier({
    topicArns: [TOPIC],
    allowSignatureV1: false,
    clock: Date.now,
    fetch: aws.fetch,
    ...parts,
  });
  const message = parseSnsMessage(JSON.parse(JSON.stringify(envelope)));
  if (!message.ok) return { code: "unparsed", detail: message.error, urls: aws.urls };
  const result = await verify(message.value);
  return result.ok
    ? { code: "verified", detail: result.value.host, urls: aws.urls }
    : { ...result.error, urls: aws.urls };
}

describe("a message that SNS signed", () => {
  it.each([
    ["a notification", signedMessage("Notification")],
    ["one with a subject", signedMessage("Notification", { Subject: "Amazon S3 Notification" })],
    ["one with an empty subject", signedMessage("Notification", { Subject: "" })],
    [
      "one with newlines, quotes and letters of all kinds",
      signedMessage("Notification", { Message: 'a\n"ß"\r\n\u{1f600}\n' }),
    ],
    ["one with attributes, which are not signed", { ...signedMessage("Notification"), MessageAttributes: { a: 1 } }],
    ["a subscription", signedMessage("SubscriptionConfirmation")],
    ["the end of one", signedMessage("UnsubscribeConfirmation")],
    ["one that was tried again for an hour", signedMessage("Notification", at(-64 * MINUTE_MS))],
    ["one of a clock that runs ahead", signedMessage("Notification", at(4 * MINUTE_MS))],
    ["a subscription of yesterday", signedMessage("SubscriptionConfirmation", at(-24 * 60 * MINUTE_MS))],
  ])("is verified: %s", async (_name, envelope) => {
    expect(await judge(envelope)).toEqual({ code: "verified", detail: HOST, urls: [envelope.SigningCertURL] });
  });

  it.each([
    ["arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn"],
    ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "sns.us-gov-west-1.amazonaws.com"],
    ["arn:aws:sns:ap-southeast-4:123456789012:t", "sns.ap-southeast-4.amazonaws.com"],
  ])("is verified by the certificate of its own region: %s", async (TopicArn, host) => {
    const envelope = signedMessage("Notification", { TopicArn, SigningCertURL: certificateUrl(host) });
    expect(await judge(envelope, { topicArns: [TopicArn] })).toMatchObject({ code: "verified", detail: host });
  });

  it("is verified with version 1 only where that is allowed", async () => {
    const envelope = signedMessage("Notification", { SignatureVersion: "1" });
    const refused = await judge(envelope);
    expect(refused).toMatchObject({ code: "signature_version", urls: [] });
    expect(refused.detail).toContain("--attribute-name SignatureVersion --attribute-value 2");
    expect(await judge(envelope, { allowSignatureV1: true })).toMatchObject({ code: "verified" });
    expect(await judge(signedMessage("Notification"), { allowSignatureV1: true })).toMatchObject({ code: "verified" });
  });

  it("is verified from any topic where no topics are named", async () => {
    const TopicArn = "arn:aws:sns:us-west-2:999999999999:other";
    expect(await judge(signedMessage("Notification", { TopicArn }), { topicArns: null })).toMatchObject({
      code: "verified",
    });
  });
});

describe("what is refused before anybody is called", () => {
  it.each([
    ["another topic", { TopicArn: `${TOPIC}2` }, "foreign_topic"],
    ["the topic in other letters", { TopicArn: TOPIC.toUpperCase() }, "foreign_topic"],
    ["a version nobody knows", { SignatureVersion: "3" }, "signature_version"],
    ["no version", { SignatureVersion: "" }, "signature_version"],
    ["a version that is a number", { SignatureVersion: 2 }, "unparsed"],
    ["a notification that was tried for too long", at(-66 * MINUTE_MS), "stale_timestamp"],
    ["one of the future", at(6 * MINUTE_MS), "stale_timestamp"],
    ["a time without a zone", { Timestamp: new Date().toISOString().slice(0, -1) }, "stale_timestamp"],
    ["a time in words", { Timestamp: new Date().toUTCString() }, "stale_timestamp"],
    ["no time", { Timestamp: "" }, "stale_timestamp"],
    ["a signature that is no base64", { Signature: "***" }, "bad_signature"],
    ["a short signature", { Signature: btoa("x") }, "bad_signature"],
    ["an empty signature", { Signature: "" }, "bad_signature"],
    ["a message that is no string", { Message: {} }, "unparsed"],
    ["a subject that is no string", { Subject: null }, "unparsed"],
    ["a subject of two lines", { Subject: "a\nTimestamp\nb" }, "unparsed"],
    ["half of a surrogate pair", { Message: "\ud83d" }, "unparsed"],
  ])("%s", async (_name, overrides: Envelope, code) => {
    expect(await judge(signedMessage("Notification", overrides))).toMatchObject({ code, urls: [] });
  });

  it.each(["SubscriptionConfirmation", "UnsubscribeConfirmation"] as const)("an old %s", async (type) => {
    const old = signedMessage(type, at(-49 * 60 * MINUTE_MS));
    expect(await judge(old)).toMatchObject({ code: "stale_timestamp", urls: [] });
  });

  const file = new URL(certificateUrl()).pathname;
  it.each([
    ["an S3 bucket named sns", `https://sns.s3-us-west-2.amazonaws.com${file}`],
    ["another region", `https://sns.us-east-1.amazonaws.com${file}`],
    ["plain http", `http://${HOST}${file}`],
    ["a port", `https://${HOST}:8443${file}`],
    ["the usual port, said aloud", `https://${HOST}:443${file}`],
    ["a user", `https://a@${HOST}${file}`],
    ["the host as a user", `https://${HOST}@attacker.example${file}`],
    ["the host as a beginning", `https://${HOST}.attacker.example${file}`],
    ["the host in a path", `https://attacker.example/https://${HOST}${file}`],
    ["a query", `https://${HOST}${file}?x`],
    ["a fragment", `https://${HOST}${file}#x`],
    ["another file", `https://${HOST}/x.pem`],
    ["a deeper path", `https://${HOST}/x${file}`],
    ["a path that goes up", `https://${HOST}/x/..${file}`],
    ["a short hash", `https://${HOST}/SimpleNotificationService-abc.pem`],
    ["a newline at the end", `https://${HOST}${file}\n`],
    ["space before it", ` https://${HOST}${file}`],
    ["nothing", ""],
  ])("a certificate at %s", async (_name, SigningCertURL) => {
    const { code, urls } = await judge(signedMessage("Notification", { SigningCertURL }));
    expect([code === "bad_signature" || code === "unparsed", urls]).toEqual([true, []]);
  });

  it.each([
    "arn",
    "arn:aws:sns:s3-us-west-2:123456789012:t",
    "arn:aws:sns:us-west-2.attacker.example:123456789012:t",
    "arn:aws:sns:us-west-2:123456789012:t/x",
    "arn:aws:sns:cn-north-1:123456789012:t",
    "arn:aws-cn:sns:us-west-2:123456789012:t",
    "arn:aws:sqs:us-west-2:123456789012:t",
    "arn:aws:sns:us-west-2::t",
  ])("a topic that is none, even if it is configured or any is taken: %s", async (TopicArn) => {
    const envelope = signedMessage("Notification", { TopicArn });
    for (const topicArns of [[TopicArn], null]) {
      expect(await judge(envelope, { topicArns })).toMatchObject({ code: "foreign_topic", urls: [] });
    }
  });
});

describe("a signature that does not fit", () => {
  it("is refused where another key made it", async () => {
    const { privateKey } = makeStranger();
    expect(await judge(signedMessage("Notification", {}, privateKey))).toMatchObject({ code: "bad_signature" });
  });

  it("is refused where it is of another version than it says", async () => {
    const envelope = { ...signedMessage("Notification", { SignatureVersion: "1" }), SignatureVersion: "2" };
    expect(await judge(envelope, { allowSignatureV1: true })).toMatchObject({ code: "bad_signature" });
  });

  it("is refused where the subject was taken away, added, or made of a part of the message", async () => {
    const { Subject, ...without } = signedMessage("Notification", { Subject: "s" });
    expect(Subject).toBe("s");
    const moved = signedMessage("Notification", { Message: "m\nMessageId\ni", MessageId: "x" });
    for (const envelope of [
      without,
      { ...signedMessage("Notification"), Subject: "s" },
      { ...signedMessage("Notification"), Subject: "" },
      { ...moved, Message: "m", MessageId: "i\nMessageId\nx" },
    ]) {
      expect(["bad_signature", "unparsed"]).toContain((await judge(envelope)).code);
    }
  });

  it("is refused where the end of an unsubscription is told as a subscription", async () => {
    const envelope = { ...signedMessage("UnsubscribeConfirmation"), Type: "SubscriptionConfirmation" };
    expect(await judge(envelope)).toMatchObject({ code: "bad_signature" });
  });

  it.each(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"] as const)(
    "is refused after any change to any signed field: %s",
    async (type) => {
      const subject = type === "Notification" ? { Subject: "About: something" } : {};
      const envelope = signedMessage(type, { ...subject, Message: '{"a":"b"}\nzwölf' });
      const unsigned = new Set(["SignatureVersion", "SigningCertURL", "UnsubscribeURL"]);
      const fields = Object.keys(envelope).filter((key) => !unsigned.has(key));
      const change = fc.record({
        field: fc.constantFrom(...fields),
        at: fc.nat(),
        bit: fc.integer({ min: 0, max: 6 }),
      });
      await fc.assert(
        fc.asyncProperty(change, async ({ field, at: place, bit }) => {
          const text = String(envelope[field]);
          const where = place % text.length;
          const flipped = String.fromCharCode(text.charCodeAt(where) ^ (1 << bit));
          const changed = { ...envelope, [field]: text.slice(0, where) + flipped + text.slice(where + 1) };
          // The last letters of base64 hold bits that say nothing.
          const same = Buffer.from(String(changed.Signature), "base64").equals(
            Buffer.from(String(envelope.Signature), "base64"),
          );
          fc.pre(field !== "Signature" || !same);
          expect((await judge(changed, { topicArns: [TOPIC] })).code).not.toBe("verified");
        }),
        { numRuns: 400 },
      );
    },
  );
});

describe("the certificate", () => {
  const hourMs = 60 * MINUTE_MS;
  it.each([
    ["has expired", makeCertificate({ fromMs: Date.now() - 3 * hourMs, toMs: Date.now() - hourMs })],
    ["is not valid yet", makeCertificate({ fromMs: Date.now() + hourMs })],
    ["is another service's", makeCertificate({ name: "sqs.amazonaws.com" })],
    [
      "is a stranger's, with a name that begins like ours",
      makeCertificate({ name: "sns.amazonaws.com.attacker.example" }),
    ],
    [
      "has a key of another kind",
      makeCertificate({ key: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey }),
    ],
  ])("makes the signature worthless where it %s", async (_name, certificate) => {
    expect(await judge(signedMessage("Notification"), {}, fakeAws(certificate))).toMatchObject({
      code: "bad_signature",
    });
  });

  it("counts by its name or its alternative names", async () => {
    for (const certificate of [
      makeCertificate({ altNames: [] }),
      makeCertificate({ name: "x.example", altNames: ["y.example", "sns.amazonaws.com"] }),
    ]) {
      expect(await judge(signedMessage("Notification"), {}, fakeAws(certificate))).toMatchObject({ code: "verified" });
    }
  });

  it("is judged by the clock that was handed in", async () => {
    const now = Date.now() + 48 * hourMs;
    const envelope = signedMessage("Notification", { Timestamp: new Date(now).toISOString() });
    expect(await judge(envelope, { clock: () => now })).toMatchObject({
      code: "bad_signature",
      detail: "the certificate has expired",
    });
  });

  it.each([
    ["cannot be fetched", { ok: false, error: "connection_failed" } as const],
    ["is not there", { ok: false, error: "status_404" } as const],
    ["is something else", { ok: true, value: "<html>Log in to the network</html>" } as const],
    ["is broken", { ok: true, value: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" } as const],
  ])("is asked for again later where it %s", async (_name, answer) => {
    const aws = fakeAws(CERTIFICATE, () => answer);
    expect(await judge(signedMessage("Notification"), {}, aws)).toMatchObject({ code: "certificate_unavailable" });
  });
});
