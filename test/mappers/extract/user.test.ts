import { describe, expect, it } from "vitest";
import type { EventData } from "../../../src/mappers/index.ts";
import { apiRecord, eventOf, HIDDEN, SUB } from "../records.ts";

type Members = Readonly<Record<string, unknown>>;

function userOf(members: Members): EventData["user"] {
  return eventOf(apiRecord("AdminUpdateUserAttributes", members)).data.user;
}

describe("the user", () => {
  it.each([
    { additionalEventData: { sub: SUB }, responseElements: { userSub: "other" } },
    { additionalEventData: { sub: HIDDEN }, responseElements: { userSub: SUB } },
    { responseElements: { user: { sub: SUB } } },
    { responseElements: { user: { attributes: [{ name: "sub", value: SUB }] } } },
    { additionalEventData: { requestParameters: { sub: [SUB] } } },
  ])("has the sub of %j", (members) => {
    const { attributes, data } = eventOf(apiRecord("SignUp", members));
    expect(data.user?.sub).toBe(SUB);
    expect(attributes.subject).toBe(`user/${SUB}`);
    expect(attributes.partitionkey).toBe(SUB);
  });

  it.each([
    { requestParameters: { username: "jo" }, responseElements: { user: { username: "other" } } },
    { requestParameters: { username: HIDDEN }, responseElements: { user: { username: "jo" } } },
    { additionalEventData: { requestParameters: { username: ["jo"] } } },
  ])("has the username of %j", (members) => {
    const { attributes, data } = eventOf(apiRecord("SignUp", members));
    expect(data.user).toEqual({ username: "jo" });
    expect(attributes.subject).toBe("user/jo");
    expect(attributes.partitionkey).toBe("jo");
  });

  it.each([
    {},
    { additionalEventData: HIDDEN, requestParameters: HIDDEN, responseElements: { user: HIDDEN } },
    { additionalEventData: { sub: "" }, requestParameters: { username: HIDDEN, userAttributes: HIDDEN } },
    { requestParameters: { username: "HIDDEN_DUE_TO\u0000_SECURITY_REASONS" } },
    { requestParameters: { username: `Google_${HIDDEN}` } },
    { responseElements: { user: { enabled: "yes", userStatus: 3, userCreateDate: "soon", attributes: 1 } } },
  ])("is unknown in %j", (members) => {
    const { attributes, data } = eventOf(apiRecord("SignUp", members));
    expect(data).not.toHaveProperty("user");
    expect(attributes).not.toHaveProperty("subject");
    expect(attributes).not.toHaveProperty("partitionkey");
  });
});

describe("the user's attributes", () => {
  it.each<[unknown, unknown]>([
    [[{ name: "email", value: "jo@example.com" }], { email: "jo@example.com" }],
    [[{ Name: "email", Value: "jo@example.com" }], { email: "jo@example.com" }],
    [
      [
        { name: "custom:vip", value: true },
        { name: "custom:n", value: 7.5 },
      ],
      { "custom:vip": "true", "custom:n": "7.5" },
    ],
    [
      { email: "jo@example.com", nickname: "" },
      { email: "jo@example.com", nickname: "" },
    ],
    [
      [
        { name: "größe", value: "x" },
        { name: "x".repeat(32), value: "y" },
      ],
      { größe: "x", ["x".repeat(32)]: "y" },
    ],
    [
      [
        { name: "a b", value: "x" },
        { name: "", value: "x" },
        { name: "x".repeat(33), value: "x" },
      ],
      undefined,
    ],
    [
      [
        { name: "a", value: HIDDEN },
        { name: HIDDEN, value: "x" },
        { name: "b", value: null },
      ],
      undefined,
    ],
    [JSON.parse('[{"name":"__proto__","value":"x"},{"name":"constructor","value":"x"}]'), undefined],
    [JSON.parse('{"__proto__":"x","prototype":"x"}'), undefined],
    [[null, [], "email", 7, {}], undefined],
    [HIDDEN, undefined],
    [[], undefined],
  ])("of %j", (userAttributes, expected) => {
    expect(userOf({ requestParameters: { userAttributes } })?.attributes).toEqual(expected);
    expect(userOf({ responseElements: { user: { attributes: userAttributes } } })?.attributes).toEqual(expected);
  });

  it("are the stored ones rather than the requested", () => {
    const requestParameters = { userAttributes: [{ name: "email", value: "asked@example.com" }] };
    const responseElements = { user: { attributes: [{ name: "email", value: "stored@example.com" }] } };
    expect(userOf({ requestParameters, responseElements })?.attributes).toEqual({ email: "stored@example.com" });
  });
});
