/** JSON Schema 2020-12 of each type, for every language. */
import * as z from "zod";
import { type EventTypeEntry, entryOf } from "./registry.ts";
import { schemaOfEntry } from "./schema.ts";

export interface JsonSchema {
  readonly $schema: string;
  readonly $id: string;
  readonly title: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, object>>;
  readonly [keyword: string]: unknown;
}

const bodies = new Map<string, Pick<JsonSchema, "properties">>();

/**
 * The schema of a whole event as structured JSON. `base` is the URL of the folder where schemas are published, as
 * `https://events.example.com/schemas/`; without one the schema is named by a URN.
 */
export function jsonSchemaOf(type: string, base = "urn:poolcast:schema:"): JsonSchema | undefined {
  const entry = entryOf(type);
  if (entry === undefined) return undefined;
  const body = bodyOf(entry);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: base + type,
    title: type,
    description: entry.description,
    ...body,
    // One schema serves an open family; it is published for one name of it.
    properties: { ...body.properties, type: { type: "string", const: type } },
  };
}

function bodyOf(entry: EventTypeEntry): Pick<JsonSchema, "properties"> {
  const known = bodies.get(entry.type);
  if (known !== undefined) return known;
  const {
    $schema,
    $id,
    title,
    description,
    properties = {},
    ...rest
  } = z.toJSONSchema(schemaOfEntry(entry), {
    target: "draft-2020-12",
    override: ({ jsonSchema }) => tidy(jsonSchema),
  });
  const made = { ...rest, properties: objectsOf(properties) };
  bodies.set(entry.type, made);
  return made;
}

/** Leaves out what says nothing: anything goes beside the declared members, and every integer is a safe one. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  const { additionalProperties, propertyNames } = schema;
  if (isEmpty(additionalProperties)) delete schema.additionalProperties;
  if (typeof propertyNames === "object") delete schema.propertyNames;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function objectsOf(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, object>> {
  const objects: Record<string, object> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "object" && value !== null) objects[name] = value;
  }
  return objects;
}
