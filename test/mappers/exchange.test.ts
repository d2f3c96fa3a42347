/** What was asked for and what came of it, in events of API actions. */
import { describe, expect, it } from "vitest";
import type { EventData } from "../../src/mappers/index.ts";
import { apiRecord, CLIENT_ID, eventOf, HIDDEN, POOL_ID } from "./records.ts";

function exchangeOf(
  action: string,
  members: Readonly<Record<string, unknown>>,
): Pick<EventData, "request" | "response"> {
  const { request, response } = eventOf(apiRecord(action, members)).data;
  return { ...(request && { request }), ...(response && { response }) };
}

describe("request and response", () => {
  it("have the members of the action, without what stands elsewhere or is secret", () => {
    const requestParameters = {
      userPoolId: POOL_ID,
      clientId: CLIENT_ID,
      authFlow: "USER_PASSWORD_AUTH",
      authParameters: { PASSWORD: "Pa55word" },
      session: "AYAB.session",
    };
    const responseElements = {
      authenticationResult: {
        accessToken: "eyJ",
        refreshToken: "eyJ",
        idToken: "eyJ",
        expiresIn: "3600",
        tokenType: "Bearer",
      },
      challengeParameters: { USER_ID_FOR_SRP: "jo" },
      session: "AYAB.session",
    };
    expect(exchangeOf("AdminInitiateAuth", { requestParameters, responseElements })).toEqual({
      request: { authFlow: "USER_PASSWORD_AUTH" },
      response: { authenticationResult: { expiresIn: 3600, tokenType: "Bearer" } },
    });
  });

  it("are absent where the record shows nothing", () => {
    for (const none of [null, HIDDEN, {}, [], { authFlow: HIDDEN }, { authFlow: ["USER_AUTH"] }]) {
      expect(exchangeOf("InitiateAuth", { requestParameters: none, responseElements: none })).toEqual({});
    }
  });

  it("of a call that failed are what was asked for", () => {
    const members = {
      errorCode: "LimitExceededException",
      requestParameters: { poolName: "shop-customers", mfaConfiguration: "ON" },
      responseElements: { userPool: { name: "shop-customers" } },
    };
    expect(exchangeOf("CreateUserPool", members)).toEqual({
      request: { poolName: "shop-customers", mfaConfiguration: "ON" },
    });
  });

  it.each(["ListUsers", "GetUser", "MergeUsers", "constructor", "__proto__"])("are not taken of %s", (action) => {
    const shown = { limit: 60, filter: 'email = "jo@example.com"', name: "x", attributeNames: ["email"] };
    expect(exchangeOf(action, { requestParameters: shown, responseElements: shown })).toEqual({});
  });

  it("keep a list of settings though one of them is hidden", () => {
    const requestParameters = {
      callbackURLs: ["https://a.example", HIDDEN],
      clientName: HIDDEN,
      idTokenValidity: "60",
    };
    expect(exchangeOf("UpdateUserPoolClient", { requestParameters })).toEqual({
      request: { callbackURLs: ["https://a.example"], idTokenValidity: 60 },
    });
  });
});

describe("the names of the attributes that were written", () => {
  it.each<[unknown, unknown]>([
    [
      [
        { name: "email", value: HIDDEN },
        { name: "locale", value: "sv-SE" },
      ],
      ["email", "locale"],
    ],
    [[{ Name: "email", Value: "jo@example.com" }], ["email"]],
    [{ email: HIDDEN, "custom:tier": 3 }, ["email", "custom:tier"]],
    [[{ name: HIDDEN, value: "x" }, { value: "x" }, null, { name: "nickname" }], ["nickname"]],
    [JSON.parse('{"__proto__":"x"}'), undefined],
    [HIDDEN, undefined],
    [[], undefined],
    [null, undefined],
  ])("of %j", (userAttributes, expected) => {
    for (const action of ["UpdateUserAttributes", "AdminUpdateUserAttributes"]) {
      const { request } = exchangeOf(action, { requestParameters: { userAttributes } });
      expect(request).toEqual(expected && { attributeNames: expected });
    }
  });

  it("are told by the request alone", () => {
    const requestParameters = { attributeNames: ["email"], userAttributes: HIDDEN };
    expect(exchangeOf("UpdateUserAttributes", { requestParameters })).toEqual({});
  });
});

describe("the client", () => {
  it.each([
    { requestParameters: { termsId: "t" }, responseElements: { terms: { clientId: CLIENT_ID } } },
    { requestParameters: { clientId: CLIENT_ID } },
    { additionalEventData: { clientId: CLIENT_ID } },
    { responseElements: { userPoolClient: { clientId: CLIENT_ID } } },
  ])("is found in %j", (members) => {
    expect(eventOf(apiRecord("UpdateTerms", members)).data.client).toEqual({ id: CLIENT_ID });
  });

  it("is none where the settings are of all clients", () => {
    const requestParameters = { userPoolId: POOL_ID, clientId: "ALL" };
    const { attributes, data } = eventOf(apiRecord("SetUICustomization", { requestParameters }));
    expect(data).not.toHaveProperty("client");
    expect(attributes.subject).toBe(`user_pool/${POOL_ID}`);
  });
});
