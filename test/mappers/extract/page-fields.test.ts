import { describe, expect, it } from "vitest";
import type { EventData } from "../../../src/mappers/index.ts";
import { eventOf, HIDDEN, pageRecord } from "../records.ts";

function exchangeOf(
  form: unknown,
  page = "login_POST",
  status: unknown = 302,
): Pick<EventData, "request" | "response"> {
  const { request, response } = eventOf(pageRecord(page, status, { requestParameters: form })).data;
  return { ...(request && { request }), ...(response && { response }) };
}

describe("the request of a page event", () => {
  it("has the fields that are safe, under names of its own", () => {
    const form = {
      response_type: ["code"],
      grant_type: ["authorization_code"],
      redirect_uri: ["https://shop.example.com/signed-in"],
      scope: ["openid email  https://api.shop.example.com/orders.read"],
      identity_provider: ["Corp"],
      idp_identifier: ["corp.example"],
      deliveryMedium: ["SMS"],
      code_challenge_method: ["S256"],
      lang: ["de"],
    };
    expect(exchangeOf(form).request).toEqual({
      responseType: "code",
      grantType: "authorization_code",
      redirectUri: "https://shop.example.com/signed-in",
      scopes: ["openid", "email", "https://api.shop.example.com/orders.read"],
      identityProvider: "Corp",
      idpIdentifier: "corp.example",
      deliveryMedium: "SMS",
      codeChallengeMethod: "S256",
      lang: "de",
    });
  });

  it("has nothing that is secret, the user's or the app's own", () => {
    const names = [
      "state",
      "nonce",
      "code",
      "access_token",
      "id_token",
      "refresh_token",
      "token",
      "SAMLResponse",
    ].concat(
      [
        "RelayState",
        "username",
        "password",
        "_csrf",
        "cognitoAsfData",
        "logout_uri",
        "code_challenge",
        "code_verifier",
      ],
      ["destination", "confirmation_code", "client_secret", "assertion", "redirectUri", "status", "request", "sub"],
    );
    const event = eventOf(
      pageRecord("login_POST", 302, {
        requestParameters: Object.fromEntries(names.map((name) => [name, [`canary ${name}`]])),
      }),
    );
    expect(event.data.request).toBeUndefined();
    // The user's name and sub have a place of their own.
    const shown = new Set(JSON.stringify(event).match(/canary \w+/g));
    expect(shown).toEqual(new Set(["canary username", "canary sub"]));
  });

  it.each([
    ["https://shop.example.com/in?code=3f9a&state=x", "https://shop.example.com/in"],
    ["https://shop.example.com/in#access_token=eyJ", "https://shop.example.com/in"],
    ["https://shop.example.com/in%3Fcode=3f9a", "https://shop.example.com/in"],
    ["https://shop.example.com/in%23access_token=eyJ", "https://shop.example.com/in"],
    ["https://jo:secret@shop.example.com/in", "https://shop.example.com/in"],
    ["https://jo:sec@ret@shop.example.com/@jo", "https://shop.example.com/@jo"],
    ["com.example.shop://in", "com.example.shop://in"],
    ["?code=3f9a", undefined],
    [HIDDEN, undefined],
  ])("has of the address %s no more than %s", (uri, expected) => {
    expect(exchangeOf({ redirect_uri: [uri] }).request).toEqual(expected && { redirectUri: expected });
  });

  it.each([
    [{ scope: "openid" }, { scopes: ["openid"] }],
    [{ scopes: ["openid email"] }, { scopes: ["openid", "email"] }],
    [{ scope: ["openid", "email"] }, { scopes: ["openid"] }],
    [{ scope: [" "] }, undefined],
    [{ scope: [HIDDEN] }, undefined],
    [{ scope: ["x ".repeat(10_000)] }, undefined],
    [{ scope: [7], lang: [["de"]], grant_type: [], response_type: {}, redirect_uri: [null] }, undefined],
    [HIDDEN, undefined],
    [[{ lang: ["de"] }], undefined],
    [null, undefined],
  ])("of %j", (form, expected) => {
    expect(exchangeOf(form).request).toEqual(expected);
  });

  it("is there for pages that nobody knew", () => {
    expect(exchangeOf({ lang: ["de"], code: ["3f9a"] }, "passkeys_import_POST")).toEqual({
      request: { lang: "de" },
      response: { status: 302 },
    });
  });
});

describe("the response of a page event", () => {
  it.each([
    [302, 302],
    [200.0, 200],
    ["302", 302],
    ["500.0", 500],
    [302.5, undefined],
    [1e300, undefined],
    [HIDDEN, undefined],
    [null, undefined],
  ])("to status %j", (status, expected) => {
    expect(exchangeOf({}, "login_POST", status).response).toEqual(expected && { status: expected });
  });
});
