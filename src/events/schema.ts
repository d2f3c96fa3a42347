/** The Zod schema of each type: of the whole CloudEvent, made when it is first asked for. */
import * as z from "zod";
import type { CognitoAttributes, CoreAttributes, RoadName } from "./event-attributes.ts";
import type { EventData } from "./event-data.ts";
import { membersSchema, time } from "./member-schema.ts";
import { type EventTypeEntry, entryOf } from "./registry.ts";
import { COMMON_DATA, outcome, syncTriggerData } from "./schema-data.ts";
import { SYNC_TRIGGER } from "./type-prefix.ts";

const text = z.string().min(1);

/** What every CloudEvent has, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes */
const CORE = {
  specversion: z.literal("1.0"),
  id: text.describe("Unique together with source: the key to recognise a repeated delivery"),
  source: text.meta({ format: "uri-reference" }),
  subject: text.optional(),
  time: time.describe("When it happened").optional(),
  // Left out, it means JSON all the same; whoever carries an event may add a charset.
  datacontenttype: z
    .string()
    .regex(/^application\/json *(;|$)/)
    .optional(),
  dataschema: text.meta({ format: "uri" }).optional(),
} satisfies { readonly [Name in keyof CoreAttributes]: z.ZodType };

const ROADS = [
  "eventbridge",
  "sns",
  "firehose",
  "s3",
  "cloudtrail",
  "lookup",
  "trigger",
  "users",
  "log",
  "events",
] as const satisfies readonly RoadName[];

const EXTENSIONS = {
  action: text.describe("The exact AWS name"),
  outcome,
  road: z.enum(ROADS).describe("How the record came"),
  partitionkey: text.describe("Events with the same key can be delivered in order").optional(),
  userpoolid: text.optional(),
  clientid: text.optional(),
  recordedtime: time.describe("When poolcast stored it"),
  authtype: z
    .enum(["app_user", "service_account", "user", "system", "unauthenticated", "unknown"])
    .describe("CloudEvents authcontext: who made the call"),
  authid: text.optional(),
  traceparent: text.optional(),
} satisfies { readonly [Name in Exclude<keyof CognitoAttributes, keyof CoreAttributes>]: z.ZodType };

/** Attributes that others add on the way. An SDK's event object has members that are undefined. */
const otherExtension = z.union([z.string(), z.number(), z.boolean()]).optional();

const schemas = new Map<string, z.ZodType>();

/** Undefined for a type that is neither in the catalog nor of an open family. */
export function zodSchemaOf(type: string): z.ZodType | undefined {
  const entry = entryOf(type);
  return entry === undefined ? undefined : schemaOfEntry(entry);
}

export function schemaOfEntry(entry: EventTypeEntry): z.ZodType {
  const known = schemas.get(entry.type);
  if (known !== undefined) return known;
  const made = eventSchema(entry);
  schemas.set(entry.type, made);
  return made;
}

function eventSchema(entry: EventTypeEntry): z.ZodType {
  const { type: name, description } = entry;
  // The entry of an open family ends in a star.
  const type = name.endsWith("*") ? z.string().startsWith(name.slice(0, -1)) : z.literal(name);
  const attributes = usesCommonData(entry)
    ? { ...CORE, type, ...EXTENSIONS }
    : { ...CORE, type, recordedtime: EXTENSIONS.recordedtime.optional() };
  return z
    .object({ ...attributes, data: dataSchema(entry) })
    .catchall(otherExtension)
    .meta({ title: name, description });
}

function usesCommonData({ data, type }: EventTypeEntry): boolean {
  return data === undefined && type !== SYNC_TRIGGER;
}

function dataSchema({ type, request, response, data }: EventTypeEntry): z.ZodType {
  if (type === SYNC_TRIGGER) return syncTriggerData;
  if (data !== undefined) return membersSchema(data);
  const parts = { request: part(request), response: part(response) } satisfies { [N in keyof EventData]?: z.ZodType };
  return z.looseObject({ ...COMMON_DATA, ...parts });

  function part(members: EventTypeEntry["request"]): z.ZodType {
    return membersSchema(members).optional();
  }
}
