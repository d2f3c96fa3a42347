import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleOf } from "../../src/events/example.ts";
import { EVENT_TYPES, isEvent, jsonSchemaOf, safeParseEvent, schemaOf } from "../../src/events/index.ts";
import { faultsOf } from "./judge.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
const RECORDED = { recordedtime: "2026-05-04T12:06:41.512Z" };

interface Golden {
  readonly name: string;
  readonly type: string;
  readonly event: unknown;
}

/** What the mappers make of every fixture that becomes an event, completed as ingest completes it. */
const goldens: readonly Golden[] = readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".out.json"))
  .flatMap((name) => {
    const { attributes, data } = JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) ?? {};
    return attributes === undefined
      ? []
      : [{ name, type: attributes.type, event: { ...attributes, ...RECORDED, data } }];
  });

function parsed(event: unknown): unknown {
  const result = safeParseEvent(event);
  return result.ok ? result.value : result.error.issues;
}

describe.each(EVENT_TYPES)("%s", (type) => {
  it("has an example that its JSON Schema, its Zod schema and isEvent take", () => {
    const example = exampleOf(type);
    expect(faultsOf(type, example)).toEqual([]);
    expect(parsed(example)).toStrictEqual(example);
    expect(schemaOf(type).safeParse(example).success).toBe(true);
    expect(isEvent(example)).toBe(true);
    expect(isEvent(example, type)).toBe(true);
  });
});

describe("the fixtures of the mappers", () => {
  it("are many", () => {
    expect(goldens.length).toBeGreaterThan(50);
  });

  it.each(goldens)("$name is valid by its published schema", ({ type, event }) => {
    expect(faultsOf(type, event)).toEqual([]);
    expect(parsed(event)).toStrictEqual(event);
    expect(isEvent(event)).toBe(true);
  });
});

describe("jsonSchemaOf", () => {
  it("names itself, also below a public URL", () => {
    const type = "com.amazon.cognito-idp.user.created";
    expect(jsonSchemaOf(type)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:poolcast:schema:${type}`,
      title: type,
      description: expect.stringContaining("created"),
      properties: { type: { const: type } },
    });
    expect(jsonSchemaOf(type, "https://events.example.com/schemas/")?.$id).toBe(
      `https://events.example.com/schemas/${type}`,
    );
  });

  it("forbids no members beside the declared ones", () => {
    expect(JSON.stringify(EVENT_TYPES.map((type) => jsonSchemaOf(type)))).not.toContain('"additionalProperties":false');
  });

  it("has a schema for each name of an open family", () => {
    const type = "com.amazon.cognito-idp.action.launch_rockets";
    const example = exampleOf(type);
    expect(jsonSchemaOf(type)).toMatchObject({ title: type, properties: { type: { const: type } } });
    expect(faultsOf(type, example)).toEqual([]);
    expect(faultsOf(type, { ...example, type: "com.amazon.cognito-idp.action.other" })).toHaveLength(1);
  });

  it("has none for what poolcast does not make", () => {
    expect(jsonSchemaOf("com.amazon.cognito-idp.user.flew")).toBeUndefined();
  });
});

describe("the two schemas of a type", () => {
  it("agree on events with a member that is of another kind", () => {
    const wrong = fc.constantFrom<unknown>(
      "text",
      7,
      1.5,
      true,
      [],
      ["text"],
      [7],
      {},
      { a: 1 },
      "2026-05-04T12:02:07Z",
    );
    const property = fc.property(fc.constantFrom(...EVENT_TYPES), fc.nat(), wrong, (type, at, value) => {
      const example = exampleOf(type);
      const paths = pathsOf(example);
      const changed = withValue(example, paths[at % paths.length] ?? [], value);
      expect(safeParseEvent({ ...changed, type }).ok).toBe(faultsOf(type, { ...changed, type }).length === 0);
    });
    fc.assert(property, { numRuns: 3000, seed: 20260504 });
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? value.map((item, at) => [at, item] as const) : Object.entries(value);
  return [...(path.length > 0 ? [path] : []), ...steps.flatMap(([step, item]) => pathsOf(item, [...path, step]))];
}

function withValue(event: unknown, path: Path, value: unknown): Record<string, unknown> {
  const copy = structuredClone(event);
  let place = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>;
  place[path.at(-1) ?? ""] = value;
  return copy as Record<string, unknown>;
}
