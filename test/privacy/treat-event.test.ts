import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PrivacyConfig } from "../../src/config/config.ts";
import { decodeAttributes, type EventAttributes, encodeEvent } from "../../src/core/event.ts";
import { eventTypes } from "../../src/events/registry.ts";
import { zodSchemaOf } from "../../src/events/schema.ts";
import { createPolicy } from "../../src/privacy/policy.ts";
import { createTreatEvent } from "../../src/privacy/treat-event.ts";
import { hmacSha256 } from "../../src/runtimes/hashing.ts";
import { encodeObject, leaksIn, PERSON, personalEvent } from "../support/private-events.ts";
import "../support/property-seed.ts";

const KEY = "a secret of this test";
const KEEP: PrivacyConfig = {
  email: "keep",
  phone: "keep",
  ip: "keep",
  username: "keep",
  attributes: "keep",
  key: KEY,
};
const ALL = ["drop", "mask", "hash"].map((action) => {
  const one = action as "drop" | "mask" | "hash";
  return [action, { email: one, phone: one, ip: one, username: one, attributes: one, key: KEY }] as const;
});

const hash = (value: string) => createHmac("sha256", KEY).update(value).digest("hex");

type Json = Record<string, unknown>;

function treated(config: Partial<PrivacyConfig>, event: Json): Json {
  const treat = createTreatEvent(createPolicy({ ...KEEP, ...config }, hmacSha256));
  return JSON.parse(new TextDecoder().decode(treat(encodeObject(event)).bytes));
}

const EVENT = { specversion: "1.0", id: "e-1", source: "/crm", type: "com.example.thing" };
const OWN = {
  ...EVENT,
  source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
  type: "com.amazon.cognito-idp.user.updated",
};

describe("every type of event", () => {
  it.each(ALL)("shows nobody where all is set to %s, and fits its schema", (_, config) => {
    let seen = 0;
    for (const type of eventTypes().keys()) {
      for (const known of ["sub", "username"] as const) {
        const event = personalEvent(type, "e-1", known);
        const result = treated(config, event);
        expect([type, leaksIn(JSON.stringify(result))]).toEqual([type, []]);
        const judged = zodSchemaOf(type)?.safeParse(result);
        expect([type, judged?.success, judged?.error?.issues]).toEqual([type, true, undefined]);
        expect([result.id, result.source, result.type]).toEqual([event.id, event.source, event.type]);
        if (known === "sub" && event.partitionkey === PERSON.sub) {
          expect(result).toMatchObject({ subject: `user/${PERSON.sub}`, partitionkey: PERSON.sub, authid: PERSON.sub });
        }
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(700);
  });

  it("is the same object where nothing is set, and finds leaks at all where it is not treated", () => {
    const treat = createTreatEvent(createPolicy(KEEP, hmacSha256));
    for (const type of eventTypes().keys()) {
      const event = personalEvent(type, "e-1", "username");
      const encoded = encodeObject(event);
      expect(treat(encoded)).toBe(encoded);
      expect(leaksIn(JSON.stringify(event)).length > 0).toBe(!type.startsWith("dev.poolcast."));
    }
  });

  it("shows nobody, whatever text surrounds a person", () => {
    const values = [PERSON.username, PERSON.email, PERSON.phone, PERSON.ip, PERSON.nickname];
    const around = fc.string({ maxLength: 12, unit: fc.constantFrom(..."ab7 .,:;/?&=#%@+-_\"'<>()[]{}\\ü".split("")) });
    const text = fc
      .array(fc.oneof(around, fc.constantFrom(...values)), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.constantFrom(...ALL), (userAgent, [, config]) => {
        const event = personalEvent("com.amazon.cognito-idp.user.updated", "e-1", "username");
        const actor = { sourceIp: PERSON.ip, userAgent };
        const result = treated(config, { ...event, data: { ...(event.data as Json), actor } });
        expect(leaksIn(JSON.stringify(result))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("one value", () => {
  const user = { username: "mia@example.com", attributes: { email: "mia@example.com", nickname: "Mimi" } };
  const event = { ...OWN, subject: "user/mia@example.com", partitionkey: "mia@example.com", data: { user } };

  it("has the same hash in every member, in the subject and the partition key: HMAC-SHA256 in hex", () => {
    const result = treated({ email: "hash" }, event);
    expect(result).toMatchObject({
      subject: `user/${hash("mia@example.com")}`,
      partitionkey: hash("mia@example.com"),
      data: {
        user: { username: hash("mia@example.com"), attributes: { email: hash("mia@example.com"), nickname: "Mimi" } },
      },
    });
  });

  it("goes with its attribute where it is dropped, since nothing else would be left in it", () => {
    const result = treated({ email: "drop" }, event);
    expect(result).toEqual({ ...OWN, data: { user: { attributes: { nickname: "Mimi" } } } });
  });

  it("that two settings speak of gets the stricter one", () => {
    const both = treated({ email: "mask", username: "hash" }, event);
    expect(both).toMatchObject({
      subject: `user/${hash("mia@example.com")}`,
      data: { user: { username: hash("mia@example.com") } },
    });
    expect(treated({ email: "drop", username: "mask" }, event)).not.toHaveProperty("data.user.username");
  });

  it("is a sub, and no username, where it is both: only the member that says so is changed", () => {
    const sub = PERSON.sub;
    const result = treated(
      { username: "hash" },
      {
        ...OWN,
        subject: `user/${sub}`,
        partitionkey: sub,
        authid: sub,
        data: { user: { sub, username: sub }, record: { kind: "user", id: sub } },
      },
    );
    expect(result).toEqual({
      ...OWN,
      subject: `user/${sub}`,
      partitionkey: sub,
      authid: sub,
      data: { user: { sub, username: hash(sub) }, record: { kind: "user", id: sub } },
    });
  });

  it("is found where the subject alone tells that it is a username", () => {
    const result = treated(
      { username: "drop" },
      { ...OWN, subject: "user/mia", partitionkey: "mia", data: { actor: { userAgent: "mia's phone" } } },
    );
    expect(result).toEqual({ ...OWN, data: { actor: { userAgent: "'s phone" } } });
  });

  it("is found percent-encoded too, and as a form would write it", () => {
    const username = "mia/berg von x";
    const message = `/u/${encodeURIComponent(username)}?name=${encodeURIComponent(username).replaceAll("%20", "+")}&a`;
    const result = treated(
      { username: "drop" },
      { ...OWN, data: { user: { username }, error: { code: "x", message } } },
    );
    expect(result).toHaveProperty("data.error.message", "/u/?name=&a");
  });

  it("does not change an id or a word that is spelled as a username", () => {
    const result = treated(
      { username: "hash" },
      {
        ...OWN,
        action: "SignUp",
        data: {
          action: "SignUp",
          outcome: "success",
          userPool: { id: "success" },
          user: { username: "success" },
          group: { name: "success" },
        },
      },
    );
    expect(result).toMatchObject({
      data: {
        outcome: "success",
        userPool: { id: "success" },
        user: { username: hash("success") },
        group: { name: hash("success") },
      },
    });
  });
});

describe("masks", () => {
  it.each([
    ["email", { email: "mia.berg@example.com" }, "m***@example.com"],
    ["email", { email: "mia@localhost" }, "m***@localhost"],
    ["phone", { phone_number: "+4915112345678" }, "+***5678"],
    ["phone", { phone_number: "+4512345" }, "+***45"],
    ["attributes", { nickname: "Mathilde" }, "M***"],
    ["attributes", { gender: "f" }, "***"],
  ] as const)("%s of %o is %s", (setting, attributes, masked) => {
    const result = treated({ [setting]: "mask" }, { ...OWN, data: { user: { attributes } } });
    expect(result).toHaveProperty("data.user.attributes", { [Object.keys(attributes)[0] ?? ""]: masked });
  });

  it.each([
    ["203.0.113.77", "203.0.113.0/24"],
    ["2001:db8:85a3:1:2:3:4:5", "2001:db8:85a3::/48"],
    ["::ffff:203.0.113.77", "203.0.113.0/24"],
  ])("the address %s is %s", (sourceIp, masked) => {
    const event = {
      ...OWN,
      data: { actor: { sourceIp, userAgent: `seen at ${sourceIp}, Chrome/125.0.0.0, 12:06:41` } },
    };
    expect(treated({ ip: "mask" }, event)).toHaveProperty("data.actor", {
      sourceIp: masked,
      userAgent: `seen at ${masked}, Chrome/125.0.0.0, 12:06:41`,
    });
  });

  it("leave what AWS has masked, and a hash of that is not made", () => {
    const details = { destination: "m***@e***", deliveryMedium: "EMAIL", attributeName: "email" };
    const event = { ...OWN, data: { response: { codeDeliveryDetails: details } } };
    expect(treated({ email: "mask" }, event)).toEqual(event);
    expect(treated({ phone: "drop" }, event)).toEqual(event);
    const { destination: _, ...without } = details;
    expect(treated({ email: "hash" }, event)).toHaveProperty("data.response.codeDeliveryDetails", without);
  });
});

describe("attributes", () => {
  const attributes = { sub: PERSON.sub, email: "mia@example.com", locale: "de-DE", "custom:tier": "gold-plus" };
  const event = { ...OWN, data: { user: { attributes } } };

  it("can be a list of those to keep", () => {
    expect(treated({ attributes: ["locale", "email"] }, event)).toHaveProperty("data.user.attributes", {
      email: "mia@example.com",
      locale: "de-DE",
    });
  });

  it("that have a setting of their own follow that one, unless it keeps", () => {
    const result = treated({ attributes: "drop", email: "hash" }, event);
    expect(result).toHaveProperty("data.user.attributes", { email: hash("mia@example.com") });
    expect(treated({ attributes: "drop" }, event)).toHaveProperty("data.user.attributes", {});
  });

  it("are as private in a list of changes, of which the path stays", () => {
    const changes = [
      { path: "attributes.gender", from: "f", to: "x" },
      { path: "enabled", from: true, to: false },
      { path: "username", to: "mia" },
    ];
    expect(treated({ attributes: "drop", username: "hash" }, { ...OWN, data: { changes } })).toHaveProperty(
      "data.changes",
      [{ path: "attributes.gender" }, changes[1], { path: "username", to: hash("mia") }],
    );
  });

  it("are looked for in free text, not in the names of other things", () => {
    const result = treated(
      { attributes: "drop" },
      {
        ...OWN,
        subject: "group/gold-plus",
        data: {
          user: { attributes },
          group: { name: "gold-plus" },
          error: { code: "x", message: "no gold-plus here" },
        },
      },
    );
    expect(result).toMatchObject({
      subject: "group/gold-plus",
      data: { group: { name: "gold-plus" }, error: { message: "no  here" } },
    });
  });
});

describe("an event of somebody else", () => {
  it("is treated by the names that AWS gives to members, and by form", () => {
    const record = {
      eventSource: "cognito-idp.amazonaws.com",
      sourceIPAddress: "203.0.113.77",
      requestParameters: { username: "mia", userAttributes: [{ name: "nickname", value: "Mathilde" }] },
      additionalEventData: { requestParameters: { username: ["mia"], lang: ["de"] }, sub: PERSON.sub },
    };
    const trigger = {
      userName: "mia",
      request: { userAttributes: { phone_number: "+4915112345678", nickname: "Mathilde" } },
    };
    const data = { record, trigger, Message: JSON.stringify({ detail: record }), note: "mia wrote to bo@example.org" };
    const all = { email: "drop", phone: "drop", ip: "drop", username: "drop", attributes: "drop" } as const;
    expect(treated(all, { ...EVENT, subject: "mia", owner: "bo@example.org", data })).toEqual({
      ...EVENT,
      data: {
        record: {
          eventSource: "cognito-idp.amazonaws.com",
          requestParameters: { userAttributes: [] },
          additionalEventData: { requestParameters: { username: [], lang: ["de"] }, sub: PERSON.sub },
        },
        trigger: { request: { userAttributes: {} } },
        Message: JSON.stringify({
          detail: {
            eventSource: "cognito-idp.amazonaws.com",
            requestParameters: { userAttributes: [] },
            additionalEventData: { requestParameters: { username: [], lang: ["de"] }, sub: PERSON.sub },
          },
        }),
        note: " wrote to ",
      },
    });
  });

  it("keeps its numbers, its member __proto__ and its other bytes", () => {
    const json = '{"big":12345678901234567890,"tiny":1e-400,"__proto__":{"email":"mia@example.com"},"n":[1.50]}';
    const treat = createTreatEvent(createPolicy({ ...KEEP, email: "mask" }, hmacSha256));
    const { bytes, dataOffset } = treat(encodeEvent(EVENT as EventAttributes, "json", json));
    expect(new TextDecoder().decode(bytes.subarray(dataOffset))).toBe(
      '{"big":12345678901234567890,"tiny":1e-400,"__proto__":{"email":"m***@example.com"},"n":[1.50]}}',
    );
  });

  it.each([
    ["text", '"write to bo@example.org"', '"write to b***@example.org"'],
    ["text", JSON.stringify('{"username":"bo.berg"}'), JSON.stringify('{"username":"b***"}')],
    ["base64", JSON.stringify(btoa("to bo@example.org")), JSON.stringify(btoa("to b***@example.org"))],
  ] as const)("with %s data is looked through as well", (kind, data, expected) => {
    const treat = createTreatEvent(createPolicy({ ...KEEP, email: "mask", username: "mask" }, hmacSha256));
    const result = treat(encodeEvent(EVENT as EventAttributes, kind, data));
    expect(result.dataKind).toBe(kind);
    expect(new TextDecoder().decode(result.bytes.subarray(result.dataOffset, -1))).toBe(expected);
  });

  it.each([
    ["base64", JSON.stringify(btoa("\xff\xfe\x00mia"))],
    ["json", `${"[".repeat(500)}"mia"${"]".repeat(500)}`],
  ] as const)("with %s data that nobody can look through goes without them", (kind, data) => {
    const treat = createTreatEvent(createPolicy({ ...KEEP, email: "mask" }, hmacSha256));
    const result = treat(encodeEvent(EVENT as EventAttributes, kind, data));
    expect(result.dataKind).toBe("none");
    expect(decodeAttributes(result)).toEqual(EVENT);
  });
});

describe("text", () => {
  it.each([
    ["a tag of https://x.example/r?mail%3Dmia%40example.com&b", "mail%3D#&b"],
    ["https://x.example/mia@example.com/x", "https://x.example/#/x"],
    ["call +49 (151) 123-45678 now", "call # now"],
    ["at http://203.0.113.77/ and [2001:db8::1]:443", "at http://#/ and [#]:443"],
  ])("%s", (message, expected) => {
    const result = treated({ email: "drop", phone: "drop", ip: "drop" }, { ...OWN, data: { error: { message } } });
    expect(JSON.stringify(result)).toContain(expected.replaceAll("#", "").replace("mail%3D&b", "mail%3D&b"));
  });

  it.each([
    "arn:aws:iam::210987654321:role/x",
    "2026-05-04T12:06:41+02:00",
    "aws-cli/2.15.30 md/nodejs@20.1.0",
    "std::vector c++ 1+1=2",
  ])("%s holds no address and no number", (message) => {
    const event = { ...OWN, data: { error: { message } } };
    expect(treated({ email: "drop", phone: "drop", ip: "drop" }, event)).toEqual(event);
  });
});
