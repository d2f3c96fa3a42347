/** GET /types, /schemas/:type and /openapi.json: what can come out of this gateway, and what goes in. */
import { Hono } from "hono";
import { exampleOf } from "../events/example.ts";
import { jsonSchemaOf } from "../events/json-schema.ts";
import { eventTypes } from "../events/registry.ts";
import { problem } from "./problem.ts";

export interface CatalogParts {
  /** Without a trailing slash. */
  readonly publicUrl?: string | undefined;
  /** The gateway is several, and describes itself so. */
  readonly sharded?: boolean;
}

/** The answers change only with the version of poolcast. */
const HEADERS = { "cache-control": "public, max-age=300" };

export function catalogRoutes({ publicUrl, sharded = false }: CatalogParts): Hono {
  const schemas = publicUrl === undefined ? undefined : `${publicUrl}/schemas/`;
  const types = once(() => JSON.stringify({ types: [...eventTypes().keys()].map(describeType) }));
  const openApi = once(async () => {
    // Seldom asked for, and no start has to wait for it.
    const { openApiDocument } = await import("./openapi.ts");
    return JSON.stringify(openApiDocument(publicUrl, sharded));
  });

  function describeType(type: string): object {
    const { description, actions } = eventTypes().get(type) ?? {};
    return {
      type,
      description,
      actions,
      schema: `${schemas ?? "/schemas/"}${type}`,
      example: exampleOf(type, schemas),
    };
  }

  return new Hono()
    .get("/types", (c) => c.body(types(), 200, { ...HEADERS, "content-type": "application/json" }))
    .get("/schemas/:type", (c) => {
      const schema = jsonSchemaOf(c.req.param("type"), schemas);
      if (schema === undefined) return problem("not_found", { detail: "poolcast makes no events of this type" });
      return c.body(JSON.stringify(schema), 200, { ...HEADERS, "content-type": "application/schema+json" });
    })
    .get("/openapi.json", async (c) =>
      c.body(await openApi(), 200, { ...HEADERS, "content-type": "application/json" }),
    );
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
