import { describe, expect, it } from "vitest";
import { EVENT_TYPES, parseEvent } from "../../src/events/index.ts";
import { faultsOf } from "../events/judge.ts";
import { openTestGateway } from "../support/test-gateway.ts";

const PUBLIC =
  "listen: { host: 0.0.0.0 }\npublicUrl: https://events.example.com/cast/\nadminKeys: [admin-key]\ningest: { events: { apiKeys: [key] } }";
const TYPE = "com.amazon.cognito-idp.user.created";

interface Listed {
  readonly type: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly schema: string;
  readonly example: { readonly dataschema?: string };
}

async function typesOf(yaml: string): Promise<readonly Listed[]> {
  const gateway = await openTestGateway(yaml);
  const response = await gateway.request("/types");
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  return (await response.json()).types;
}

describe("GET /types", () => {
  it("lists every type with an example that is valid", async () => {
    const types = await typesOf("");
    expect(types.map(({ type }) => type)).toEqual(EVENT_TYPES);
    for (const { example } of types) expect(parseEvent(example)).toStrictEqual(example);
    expect(types.find(({ type }) => type === TYPE)).toMatchObject({
      actions: ["AdminCreateUser", "ListUsers"],
      schema: `/schemas/${TYPE}`,
      example: { type: TYPE, data: { user: { sub: expect.any(String) } } },
    });
  });

  it("names schemas by the public URL, as events do", async () => {
    const schema = `https://events.example.com/cast/schemas/${TYPE}`;
    const listed = (await typesOf(PUBLIC)).find(({ type }) => type === TYPE);
    expect([listed?.schema, listed?.example.dataschema]).toEqual([schema, schema]);
    expect(faultsOf(TYPE, listed?.example)).toEqual([]);
  });
});

describe("GET /schemas/:type", () => {
  it("answers the JSON Schema of the type", async () => {
    const gateway = await openTestGateway(PUBLIC);
    const response = await gateway.request(`/schemas/${TYPE}`);
    expect([response.status, response.headers.get("content-type"), await response.json()]).toMatchObject([
      200,
      "application/schema+json",
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: `https://events.example.com/cast/schemas/${TYPE}`,
        title: TYPE,
        properties: { type: { const: TYPE } },
      },
    ]);
  });

  it("has the schema that each type names", async () => {
    const gateway = await openTestGateway();
    for (const { schema } of await typesOf("")) expect((await gateway.request(schema)).status).toBe(200);
  });

  it("answers for names of open families, since events may name them as their dataschema", async () => {
    const gateway = await openTestGateway();
    const type = "com.amazon.cognito-idp.action.launch_rockets";
    expect(await (await gateway.request(`/schemas/${type}`)).json()).toMatchObject({ title: type });
  });

  it.each([
    "com.amazon.cognito-idp.user.flew",
    "com.amazon.cognito-idp.action.*",
    "com.amazon.cognito-idp.action.Launch",
    "com.example.other",
    "constructor",
    "__proto__",
    "%ff",
    `com.amazon.cognito-idp.action.${"x".repeat(500)}`,
  ])("answers 404 for %s", async (type) => {
    const gateway = await openTestGateway();
    const response = await gateway.request(`/schemas/${type}`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: "not_found" }]);
  });
});

describe("the catalog", () => {
  it.each(["/types", `/schemas/${TYPE}`, "/openapi.json"])(
    "shows %s to anybody, by GET and HEAD only",
    async (path) => {
      const gateway = await openTestGateway(PUBLIC);
      expect((await gateway.request(path, { headers: { origin: "https://docs.example.com" } })).status).toBe(200);
      const head = await gateway.request(path, { method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([200, ""]);
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const response = await gateway.request(path, { method });
        expect([response.status, response.headers.get("allow"), await response.json()]).toMatchObject([
          405,
          "GET, HEAD",
          { code: "method_not_allowed" },
        ]);
      }
    },
  );
});
