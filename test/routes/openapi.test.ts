import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../src/routes/openapi.ts";
import { eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly Record<string, unknown>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>;
}

interface OpenApi {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

const gateway = await openTestGateway();
const document: OpenApi = await (await gateway.request("/openapi.json")).json();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

describe("GET /openapi.json", () => {
  it("describes the routes that there are, and no others", () => {
    const routes = gateway.gateway.app.routes
      // ALL are the answers to wrong methods.
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const described = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
  });

  it("of a gateway that is several says where /api is, and else the same", () => {
    const sharded = openApiDocument("https://e.example", true) as OpenApi;
    const servers = [{ url: "https://e.example/shards/{shard}", variables: expect.anything() }];
    expect(sharded.paths["/api/subscriptions"]).toEqual({ ...document.paths["/api/subscriptions"], servers });
    expect(sharded.paths["/readyz"]).toEqual(document.paths["/readyz"]);
    expect(Object.keys(sharded.paths).filter((path) => !(path in document.paths))).toEqual(["/shards"]);
  });

  it("is OpenAPI 3.1 at the public URL", async () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.servers).toEqual([{ url: "/" }]);
    const listed = await openTestGateway("publicUrl: https://events.example.com");
    const { servers }: OpenApi = await (await listed.request("/openapi.json")).json();
    expect(servers).toEqual([{ url: "https://events.example.com" }]);
  });

  it("refers only to what it has", () => {
    const text = JSON.stringify(document);
    for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name);
    }
    for (const { operation } of operations) {
      const schemes = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme));
      for (const scheme of schemes) expect(document.components.securitySchemes).toHaveProperty(scheme);
    }
  });

  it("names each operation once, and each parameter of a path", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((one) => one.in === "path");
      const named = inPath.map(({ name }) => name);
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it("has schemas that are good JSON Schema 2020-12, and true", async () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    ajv.addSchema({ $id: "openapi", components: document.components });
    const valid = (name: string, value: unknown) =>
      ajv.validate({ $ref: `openapi#/components/schemas/${name}` }, value);
    const accepted = await gateway.request("/ingest/eventbridge", post(JSON.stringify(eventBridgeEvent())));
    expect(valid("Accepted", await accepted.json())).toBe(true);
    expect(valid("Types", await (await gateway.request("/types")).json())).toBe(true);
    expect(valid("Problem", await (await gateway.request("/nowhere")).json())).toBe(true);
    expect(valid("Problem", { status: 404 })).toBe(false);
  });

  it.each(operations.map(({ path, method, operation }) => [`${method} ${path}`, operation] as const))(
    "has an answer of success and describes every answer of %s",
    (_name, { responses, summary }) => {
      expect(summary).not.toBe("");
      expect(Object.keys(responses).some((status) => status.startsWith("2"))).toBe(true);
      for (const { description } of Object.values(responses)) expect(description).toBeTruthy();
    },
  );
});
