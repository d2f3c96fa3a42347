import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSigner } from "../../src/sinks/signature.ts";

/** Published with the Standard Webhooks libraries. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const CONTENT = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  body: new TextEncoder().encode('{"test": 2432232314}'),
};
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const OTHER_SECRET = `whsec_${Buffer.from("twenty-four bytes of key").toString("base64")}`;

describe("createSigner", () => {
  it("signs the published example as published", async () => {
    expect(await createSigner([SECRET])(CONTENT)).toBe(SIGNATURE);
  });

  it("takes the secret with or without its prefix", async () => {
    expect(await createSigner([SECRET.slice("whsec_".length)])(CONTENT)).toBe(SIGNATURE);
  });

  it("signs with the old and the new secret during a rotation, in their order", async () => {
    const [first, second, ...rest] = (await createSigner([SECRET, OTHER_SECRET])(CONTENT)).split(" ");
    expect(first).toBe(SIGNATURE);
    expect(second).toBe(await createSigner([OTHER_SECRET])(CONTENT));
    expect(second).not.toBe(first);
    expect(rest).toEqual([]);
  });

  it("signs the very bytes of the body, also where they are no UTF-8", async () => {
    const body = Uint8Array.from([0xff, 0xfe, 0x00, 0x80]);
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    const content = Buffer.concat([Buffer.from(`${CONTENT.id}.${CONTENT.timestamp}.`), body]);
    const wanted = createHmac("sha256", key).update(content).digest("base64");
    expect(await createSigner([SECRET])({ ...CONTENT, body })).toBe(`v1,${wanted}`);
  });

  it("signs a part of a larger buffer as that part", async () => {
    const large = new TextEncoder().encode('xx{"test": 2432232314}xx');
    expect(await createSigner([SECRET])({ ...CONTENT, body: large.subarray(2, -2) })).toBe(SIGNATURE);
  });

  it("gives another signature for another id, time or body", async () => {
    const sign = createSigner([SECRET]);
    const others = await Promise.all([
      sign({ ...CONTENT, id: "msg_q" }),
      sign({ ...CONTENT, timestamp: CONTENT.timestamp + 1 }),
      sign({ ...CONTENT, body: new Uint8Array(0) }),
    ]);
    expect(new Set([SIGNATURE, ...others]).size).toBe(4);
  });

  it("keeps many signatures at a time apart", async () => {
    const sign = createSigner([SECRET, OTHER_SECRET]);
    const contents = Array.from({ length: 50 }, (_, at) => ({ ...CONTENT, timestamp: at }));
    const together = await Promise.all(contents.map(sign));
    for (const [at, content] of contents.entries()) expect(together[at]).toBe(await sign(content));
    expect(new Set(together).size).toBe(50);
  });

  it("refuses a secret that is no base64 when it is made, not when an event is due", () => {
    expect(() => createSigner(["whsec_not base64!"])).toThrow();
    expect(() => createSigner(["whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="])).toThrow();
  });
});
