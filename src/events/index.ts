/** `poolcast/events`: what consumers of poolcast's events import. It needs nothing else of the gateway. */
import type * as z from "zod";
import { zodSchemaOf } from "./schema.ts";
import type { CognitoEventOf, EventType } from "./types.ts";

export type { AuthType, CognitoAttributes, CoreAttributes, RoadName } from "./event-attributes.ts";
export type {
  ActorData,
  ChangeData,
  EventData,
  Outcome,
  RecordData,
  UserData,
  UserPoolData,
} from "./event-data.ts";
export { isEvent, isEventType } from "./is-event.ts";
export { type JsonSchema, jsonSchemaOf } from "./json-schema.ts";
export { type EventIssue, InvalidEventError, type ParsedEvent, parseEvent, safeParseEvent } from "./parse-event.ts";
export { EVENT_TYPES } from "./type-names.ts";
export type {
  CognitoEvent,
  CognitoEventOf,
  EventType,
  KnownEventType,
  OpenEventType,
  SyncTriggerData,
  TypedData,
} from "./types.ts";

/** The Zod schema of a type's whole event. Throws a RangeError for a type that poolcast does not make. */
export function schemaOf<Type extends EventType>(type: Type): z.ZodType<CognitoEventOf<Type>> {
  const schema = zodSchemaOf(type);
  if (schema === undefined) throw new RangeError(`poolcast makes no events of type ${type}`);
  // The schema and the type are made of the same catalog.
  return schema as z.ZodType<CognitoEventOf<Type>>;
}
