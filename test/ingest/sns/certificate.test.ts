import { createPublicKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCertificate } from "../../../src/ingest/sns/certificate.ts";
import { der, makeSelfSigned } from "../../support/self-signed.ts";
import { makeCertificate, pem } from "../../support/sns.ts";

describe("parseCertificate", () => {
  it.each([
    ["of SNS", makeCertificate()],
    ["without alternative names", makeCertificate({ altNames: [] })],
    ["of the last century", makeCertificate({ fromMs: Date.parse("1999-12-31T23:59:59Z") })],
    ["into the second half of this one", makeCertificate({ to: der(0x18, Buffer.from("20560102030405Z")) })],
    ["with another kind of key", makeSelfSigned("hooks.example.com").cert],
    ["with text around it and Windows newlines", `sns\r\n${makeCertificate().replaceAll("\n", "\r\n")}\r\nend`],
    ["before another one", makeCertificate() + makeCertificate({ name: "ca.example" })],
  ])("reads what Node reads: one %s", (_name, text) => {
    const ours = parseCertificate(text);
    const theirs = new X509Certificate(text);
    expect(ours && [new Date(ours.notBeforeMs), new Date(ours.notAfterMs)]).toEqual([
      new Date(theirs.validFrom),
      new Date(theirs.validTo),
    ]);
    expect(ours?.names).toEqual([
      ...theirs.subject.split("\n").flatMap((line) => (line.startsWith("CN=") ? [line.slice(3)] : [])),
      ...(theirs.subjectAltName?.split(", ") ?? []).map((name) => name.replace("DNS:", "")),
    ]);
    const key = createPublicKey({ key: Buffer.from(ours?.publicKey ?? []), format: "der", type: "spki" });
    expect(key.equals(theirs.publicKey)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["a page", "<html></html>"],
    ["a key", makeSelfSigned("a.example").key],
    ["no base64", "-----BEGIN CERTIFICATE-----\nA===A\n-----END CERTIFICATE-----"],
    ["an empty sequence", pem(der(0x30))],
    ["a length of BER", pem(Buffer.of(0x30, 0x80, 0, 0))],
    ["a length of nothing", pem(Buffer.of(0x30, 0x84, 1, 0, 0, 0))],
    ["a tag of several bytes", pem(Buffer.of(0x3f, 0x81, 0x01, 0x00))],
    ["a date that there is not", makeCertificate({ to: der(0x17, Buffer.from("269901000000Z")) })],
    ["a date with fractions", makeCertificate({ to: der(0x18, Buffer.from("20560102030405.5Z")) })],
  ])("finds none in %s", (_name, text) => {
    expect(parseCertificate(text)).toBeUndefined();
  });

  it("takes no harm from any damage", () => {
    const bytes = new X509Certificate(makeCertificate()).raw;
    const damage = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat(9) });
    fc.assert(
      fc.property(damage, ({ at, byte, cut }) => {
        const damaged = Buffer.from(cut === 0 ? bytes.subarray(0, at) : bytes);
        if (cut !== 0) damaged[at] = byte;
        expect(() => parseCertificate(pem(damaged))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});
