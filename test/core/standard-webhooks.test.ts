import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createWebhookSigner, createWebhookVerifier } from "../../src/core/standard-webhooks.ts";

/** Published with the Standard Webhooks libraries. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP = 1_614_265_330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

const OTHER_SECRET = `whsec_${Buffer.from("twenty-four bytes of key").toString("base64")}`;
const OTHER_SIGNATURE = new Webhook(OTHER_SECRET).sign(ID, new Date(TIMESTAMP * 1000), BODY);

const bytes = (text: string) => new TextEncoder().encode(text);

interface Change {
  readonly secrets?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly nowMs?: number;
}

/** The published example, but for what is changed. */
async function verdict({ secrets = [SECRET], headers, body = bytes(BODY), nowMs = TIMESTAMP * 1000 }: Change = {}) {
  const all = { "webhook-id": ID, "webhook-timestamp": `${TIMESTAMP}`, "webhook-signature": SIGNATURE, ...headers };
  const result = await createWebhookVerifier(secrets)({ headers: new Headers(all), body, nowMs });
  return result.ok ? result.value : result.error;
}

const signature = (text: string) => ({ headers: { "webhook-signature": text } });

function flippedLast(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  return Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]).toString("base64");
}

describe("createWebhookVerifier", () => {
  it("answers the id of the published example", async () => {
    expect(await verdict()).toBe(ID);
  });

  it.each([
    ["one of several", `v1,${"A".repeat(43)}= ${SIGNATURE}`],
    ["one beside those of other versions", `v1a,hnO3f9T8 v2,x ${SIGNATURE}`],
    ["the same one twice", `${SIGNATURE} ${SIGNATURE}`],
    ["one between spaces", `  ${SIGNATURE}  `],
  ])("takes %s", async (_name, text) => {
    expect(await verdict(signature(text))).toBe(ID);
  });

  it("takes what any of the secrets signed, and no other", async () => {
    expect(await verdict({ secrets: [OTHER_SECRET, SECRET] })).toBe(ID);
    expect(await verdict({ secrets: [OTHER_SECRET, SECRET], ...signature(OTHER_SIGNATURE) })).toBe(ID);
    expect(await verdict(signature(`${OTHER_SIGNATURE} ${SIGNATURE}`))).toBe(ID);
    expect(await verdict(signature(OTHER_SIGNATURE))).toBe("bad_signature");
    expect(await verdict({ secrets: [] })).toBe("bad_signature");
  });

  it.each([
    ["none", ""],
    ["a version only", "v1"],
    // Svix CVE-2024-21491: only the common beginning was compared.
    ["an empty one", "v1,"],
    ["one of padding", "v1,="],
    ["a truncated one", SIGNATURE.slice(0, 20)],
    ["one without its last byte", `v1,${Buffer.from(SIGNATURE.slice(3), "base64").subarray(0, 31).toString("base64")}`],
    ["one without padding", SIGNATURE.slice(0, -1)],
    ["one and more", `${SIGNATURE}AAAA`],
    ["one of another version", SIGNATURE.replace("v1", "v2")],
    ["one without a version", SIGNATURE.slice(3)],
    ["a list by comma", `v1,${"A".repeat(43)}=,${SIGNATURE}`],
    ["one in hex", `v1,${Buffer.from(SIGNATURE.slice(3), "base64").toString("hex")}`],
    ["one in which the last byte was changed", `v1,${flippedLast(SIGNATURE.slice(3))}`],
    ["one in which a letter was changed", SIGNATURE.replace("g0", "g1")],
    ["one that is no base64", `v1,${"*".repeat(43)}=`],
  ])("refuses %s", async (_name, text) => {
    expect(await verdict(signature(text))).toBe("bad_signature");
  });

  it.each([
    ["webhook-id", "msg_q"],
    ["webhook-id", ""],
    ["webhook-timestamp", ""],
    ["webhook-timestamp", "now"],
    ["webhook-timestamp", `${TIMESTAMP}.0`],
    ["webhook-timestamp", `-${TIMESTAMP}`],
    ["webhook-timestamp", `${TIMESTAMP}e0`],
    ["webhook-timestamp", "9".repeat(40)],
    ["webhook-timestamp", `${TIMESTAMP + 1}`],
    ["webhook-timestamp", `0${TIMESTAMP}`],
  ])("refuses another %s: %s", async (name, value) => {
    expect(await verdict({ headers: { [name]: value } })).toBe("bad_signature");
  });

  it("refuses another body, or none", async () => {
    expect(await verdict({ body: bytes(`${BODY} `) })).toBe("bad_signature");
    expect(await verdict({ body: new Uint8Array(0) })).toBe("bad_signature");
  });

  it.each([
    [-301, "stale_timestamp"],
    [-300, ID],
    [300, ID],
    [301, "stale_timestamp"],
  ])("judges a clock that is off by %s s", async (seconds, wanted) => {
    expect(await verdict({ nowMs: (TIMESTAMP + seconds) * 1000 })).toBe(wanted);
  });

  it("takes whatever an independent library signs, and what poolcast itself signs", async () => {
    const unusual = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(unusual, fc.uint8Array({ minLength: 24, maxLength: 64 }), async (text, key) => {
        const secret = `whsec_${Buffer.from(key).toString("base64")}`;
        const theirs = new Webhook(secret).sign(ID, new Date(TIMESTAMP * 1000), text);
        const ours = await createWebhookSigner([secret])({ id: ID, timestamp: TIMESTAMP, body: bytes(text) });
        for (const one of [theirs, ours]) {
          expect(await verdict({ secrets: [secret], body: bytes(text), ...signature(one) })).toBe(ID);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("signs once a secret, however many signatures are sent", async () => {
    const many = Array.from({ length: 2000 }, () => `v1,${"A".repeat(43)}=`).join(" ");
    const body = new Uint8Array(256 * 1024);
    const sign = vi.spyOn(crypto.subtle, "sign");
    onTestFinished(() => sign.mockRestore());
    expect(await verdict({ secrets: [SECRET, OTHER_SECRET], body, ...signature(many) })).toBe("bad_signature");
    expect(sign).toHaveBeenCalledTimes(2);
  });

  it("refuses a secret that is no base64 when it is made", () => {
    expect(() => createWebhookVerifier(["whsec_not base64!"])).toThrow();
  });

  describe("with a public Ed25519 key", () => {
    /** Published with Svix. */
    const PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    const ED25519_SIGNATURE =
      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    const WRONG = `v1a,${"A".repeat(86)}==`;

    it("answers the id of the published example, alone and beside other signatures and keys", async () => {
      const secrets = [PUBLIC_KEY];
      expect(await verdict({ secrets, ...signature(ED25519_SIGNATURE) })).toBe(ID);
      expect(await verdict({ secrets, ...signature(`${SIGNATURE} ${WRONG} ${ED25519_SIGNATURE}`) })).toBe(ID);
      const both = [OTHER_SECRET, PUBLIC_KEY];
      expect(await verdict({ secrets: both, ...signature(ED25519_SIGNATURE) })).toBe(ID);
      expect(await verdict({ secrets: both, ...signature(OTHER_SIGNATURE) })).toBe(ID);
    });

    it.each([
      ["of HMAC", SIGNATURE],
      ["truncated", `${ED25519_SIGNATURE.slice(0, -6)}`],
      ["empty", "v1a,"],
      ["of zeros", WRONG],
      ["under the other version", ED25519_SIGNATURE.replace("v1a", "v1")],
      ["in which a letter was changed", ED25519_SIGNATURE.replace("hnO3", "hnO4")],
    ])("refuses a signature %s", async (_, text) => {
      expect(await verdict({ secrets: [PUBLIC_KEY], ...signature(text) })).toBe("bad_signature");
    });

    it("refuses another body, and another key", async () => {
      const other = `whpk_${Buffer.alloc(32, 9).toString("base64")}`;
      const given = { secrets: [PUBLIC_KEY], ...signature(ED25519_SIGNATURE) };
      expect(await verdict({ ...given, body: bytes("{}") })).toBe("bad_signature");
      expect(await verdict({ ...given, secrets: [other] })).toBe("bad_signature");
    });

    it("looks at sixteen signatures of it at most", async () => {
      const check = vi.spyOn(crypto.subtle, "verify");
      onTestFinished(() => check.mockRestore());
      const many = `${`${WRONG} `.repeat(300)}${ED25519_SIGNATURE}`;
      expect(await verdict({ secrets: [PUBLIC_KEY], ...signature(many) })).toBe("bad_signature");
      expect(check).toHaveBeenCalledTimes(16);
    });

    it("is refused when it is made of other than 32 bytes, or is the private one", () => {
      const { length } = "whpk_";
      expect(() => createWebhookVerifier([`whpk_${Buffer.alloc(31).toString("base64")}`])).toThrow(/32 bytes/);
      expect(() => createWebhookVerifier([`whsk_${PUBLIC_KEY.slice(length)}`])).toThrow();
    });
  });
});
