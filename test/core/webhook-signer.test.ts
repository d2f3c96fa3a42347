import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWebhookSigner } from "../../src/core/standard-webhooks.ts";

/** Published with the Standard Webhooks libraries. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const CONTENT = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  body: new TextEncoder().encode('{"test": 2432232314}'),
};
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const OTHER_SECRET = `whsec_${Buffer.from("twenty-four bytes of key").toString("base64")}`;

/** Published with Svix: the seed, and the public key behind it. */
const KEY_PAIR = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const ED25519_SIGNATURE =
  "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

describe("createWebhookSigner", () => {
  it("signs the published example as published", async () => {
    expect(await createWebhookSigner([SECRET])(CONTENT)).toBe(SIGNATURE);
  });

  it("takes the secret with or without its prefix", async () => {
    expect(await createWebhookSigner([SECRET.slice("whsec_".length)])(CONTENT)).toBe(SIGNATURE);
  });

  it("signs with the old and the new secret during a rotation, in their order", async () => {
    const [first, second, ...rest] = (await createWebhookSigner([SECRET, OTHER_SECRET])(CONTENT)).split(" ");
    expect(first).toBe(SIGNATURE);
    expect(second).toBe(await createWebhookSigner([OTHER_SECRET])(CONTENT));
    expect(second).not.toBe(first);
    expect(rest).toEqual([]);
  });

  it("signs the very bytes of the body, also where they are no UTF-8", async () => {
    const body = Uint8Array.from([0xff, 0xfe, 0x00, 0x80]);
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    const content = Buffer.concat([Buffer.from(`${CONTENT.id}.${CONTENT.timestamp}.`), body]);
    const wanted = createHmac("sha256", key).update(content).digest("base64");
    expect(await createWebhookSigner([SECRET])({ ...CONTENT, body })).toBe(`v1,${wanted}`);
  });

  it("signs a part of a larger buffer as that part", async () => {
    const large = new TextEncoder().encode('xx{"test": 2432232314}xx');
    expect(await createWebhookSigner([SECRET])({ ...CONTENT, body: large.subarray(2, -2) })).toBe(SIGNATURE);
  });

  it("gives another signature for another id, time or body", async () => {
    const sign = createWebhookSigner([SECRET]);
    const others = await Promise.all([
      sign({ ...CONTENT, id: "msg_q" }),
      sign({ ...CONTENT, timestamp: CONTENT.timestamp + 1 }),
      sign({ ...CONTENT, body: new Uint8Array(0) }),
    ]);
    expect(new Set([SIGNATURE, ...others]).size).toBe(4);
  });

  it("keeps many signatures at a time apart", async () => {
    const sign = createWebhookSigner([SECRET, OTHER_SECRET]);
    const contents = Array.from({ length: 50 }, (_, at) => ({ ...CONTENT, timestamp: at }));
    const together = await Promise.all(contents.map(sign));
    for (const [at, content] of contents.entries()) expect(together[at]).toBe(await sign(content));
    expect(new Set(together).size).toBe(50);
  });

  it("refuses a secret that is no base64 when it is made, not when an event is due", () => {
    expect(() => createWebhookSigner(["whsec_not base64!"])).toThrow();
    expect(() => createWebhookSigner(["whsk_not base64!"])).toThrow();
    expect(() => createWebhookSigner([`whsk_${Buffer.alloc(33).toString("base64")}`])).toThrow(/32 bytes, or 64/);
    expect(() => createWebhookSigner([`whpk_${Buffer.alloc(32).toString("base64")}`])).toThrow();
  });

  it("signs the published example with an Ed25519 key as published, given as a pair or as its seed alone", async () => {
    const seed = Buffer.from(KEY_PAIR.slice("whsk_".length), "base64").subarray(0, 32).toString("base64");
    expect(await createWebhookSigner([KEY_PAIR])(CONTENT)).toBe(ED25519_SIGNATURE);
    expect(await createWebhookSigner([`whsk_${seed}`])(CONTENT)).toBe(ED25519_SIGNATURE);
  });

  it("signs with keys of both kinds during a rotation from one to the other", async () => {
    const sign = createWebhookSigner([SECRET, KEY_PAIR, OTHER_SECRET]);
    const other = await createWebhookSigner([OTHER_SECRET])(CONTENT);
    expect(await sign(CONTENT)).toBe(`${SIGNATURE} ${ED25519_SIGNATURE} ${other}`);
  });

  it("signs what node:crypto verifies, with any Ed25519 key and any bytes", async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const { privateKey, publicKey } = generateKeyPairSync("ed25519");
        const { d = "" } = privateKey.export({ format: "jwk" });
        const secret = `whsk_${Buffer.from(d, "base64url").toString("base64")}`;
        const signature = await createWebhookSigner([secret])({ ...CONTENT, body });
        const content = Buffer.concat([Buffer.from(`${CONTENT.id}.${CONTENT.timestamp}.`), body]);
        expect(signature).toMatch(/^v1a,/);
        expect(verify(null, content, publicKey, Buffer.from(signature.slice(4), "base64"))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
