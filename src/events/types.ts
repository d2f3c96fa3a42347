/**
 * The TypeScript types of all events, derived from the catalogs: `switch (event.type)` narrows `event.data`.
 *
 * The names come from type-names.ts, which is made of the same catalogs; the members from the rows of all actions that
 * become the type.
 */
import type { ACTIVITY_REQUEST, ACTIVITY_RESPONSE } from "./catalog/activity-logs.ts";
import type { AUTH } from "./catalog/api-action-row.ts";
import type { API_ACTIONS } from "./catalog/api-actions.ts";
import type { HOSTED_UI_PAGES, HOSTED_UI_REQUEST, HOSTED_UI_RESPONSE } from "./catalog/hosted-ui.ts";
import type { LAMBDA_TRIGGERS } from "./catalog/lambda-triggers.ts";
import type { OWN_EVENTS } from "./catalog/own.ts";
import type { CognitoAttributes, CoreAttributes } from "./event-attributes.ts";
import type { EventData } from "./event-data.ts";
import type { InferMerged } from "./infer-merged.ts";
import type { InferMembers } from "./members.ts";
import type { AUTH_FACTS, AUTH_FAILURES } from "./registry/api-contributions.ts";
import type { EVENT_TYPES } from "./type-names.ts";
import type { OpenFamily, SYNC_TRIGGER, TYPE_PREFIX } from "./type-prefix.ts";

type Prefix = typeof TYPE_PREFIX;

/** The types in the catalog. */
export type KnownEventType = (typeof EVENT_TYPES)[number];

/** Types that the catalog does not name, and that come all the same when AWS has something new. */
export type OpenEventType = `${Prefix}${OpenFamily}.${string}`;

export type EventType = KnownEventType | OpenEventType;

type Actions = (typeof API_ACTIONS)[keyof typeof API_ACTIONS];
type Pages = (typeof HOSTED_UI_PAGES)[keyof typeof HOSTED_UI_PAGES];
type Triggers = (typeof LAMBDA_TRIGGERS)[keyof typeof LAMBDA_TRIGGERS];
type OwnEvents = typeof OWN_EVENTS;

type FactOf<Row> = Row extends { readonly facts: readonly [infer R extends string, infer F extends string, string] }
  ? `${R}.${F}`
  : Row extends { readonly facts: typeof AUTH }
    ? (typeof AUTH_FACTS)[number]
    : never;

type FailureOf<Row> = Row extends { readonly facts: readonly [infer R extends string, string, infer F extends string] }
  ? `${R}.${F}`
  : Row extends { readonly facts: typeof AUTH }
    ? (typeof AUTH_FAILURES)[number][0]
    : never;

type PageNames<Row> = Row extends { readonly refresh: infer Refresh } ? NamesIn<Row> | NamesIn<Refresh> : NamesIn<Row>;

type NamesIn<Row> = Row extends { readonly passed: infer P; readonly failed: infer F }
  ? P | F | (Row extends { readonly shown: infer S } ? S : never)
  : never;

type PageName = PageNames<Pages>;

/** Rows by the name that they become; what several actions become has a union. */
type RowsByFact = { readonly [Row in Actions as FactOf<Row>]: Row };
type RowsByFailure = { readonly [Row in Actions as FailureOf<Row>]: Row };
type RowsByTrigger = { readonly [Row in Triggers as Row["type"]]: Row };

type At<Rows, Name> = Name extends keyof Rows ? Rows[Name] : never;
type RequestIn<Row> = Row extends { readonly request: infer M } ? M : never;
type ResponseIn<Row> = Row extends { readonly response: infer M } ? M : never;

type RequestMembers<Name> =
  | RequestIn<At<RowsByFact, Name> | At<RowsByFailure, Name> | At<RowsByTrigger, Name>>
  | (Name extends PageName | `hosted_ui.${string}` ? typeof HOSTED_UI_REQUEST : never)
  | (Name extends `activity.${string}` ? typeof ACTIVITY_REQUEST : never);

type ResponseMembers<Name> =
  | ResponseIn<At<RowsByFact, Name> | At<RowsByTrigger, Name>>
  | (Name extends PageName | `hosted_ui.${string}` ? typeof HOSTED_UI_RESPONSE : never)
  | (Name extends `activity.${string}` ? typeof ACTIVITY_RESPONSE : never);

/** `data` of an event with the members of its type. */
export interface TypedData<Request extends object, Response extends object> extends EventData {
  readonly request?: Request;
  readonly response?: Response;
}

interface UserPoolEvent<Type extends string, Request extends object, Response extends object>
  extends CognitoAttributes {
  readonly type: Type;
  readonly data: TypedData<Request, Response>;
}

/** Members that the other events have: so they can be asked for before the type is known. */
type Without<Shape> = { readonly [Name in keyof Shape]?: undefined };

interface OtherEvent<Type extends string, Data>
  extends CoreAttributes,
    Without<Omit<CognitoAttributes, keyof CoreAttributes | "recordedtime">> {
  readonly type: Type;
  readonly recordedtime?: string;
  readonly data: Data & Without<Omit<EventData, keyof Data>>;
}

/** A user as aws-sdk-go's UserType is written by Go, for consumers of TriggerMesh's source. */
export interface SyncTriggerData {
  readonly Attributes?: readonly { readonly Name?: string | null; readonly Value?: string | null }[] | null;
  readonly Enabled?: boolean | null;
  readonly MFAOptions?:
    | readonly { readonly AttributeName?: string | null; readonly DeliveryMedium?: string | null }[]
    | null;
  readonly UserCreateDate?: string | null;
  readonly UserLastModifiedDate?: string | null;
  readonly UserStatus?: string | null;
  readonly Username?: string | null;
}

type KnownEvent<Type> = Type extends typeof SYNC_TRIGGER
  ? OtherEvent<Type, SyncTriggerData>
  : Type extends keyof OwnEvents
    ? OtherEvent<Type, InferMembers<OwnEvents[Type]["data"]>>
    : Type extends `${Prefix}${infer Name}`
      ? UserPoolEvent<Type, InferMerged<RequestMembers<Name>>, InferMerged<ResponseMembers<Name>>>
      : never;

type EventsByType = { readonly [Type in KnownEventType]: KnownEvent<Type> };

/**
 * An event of an open family. A trigger that is not known may have any member of those that are: otherwise the type of
 * a known one, which is of the same form, could not be told from it.
 */
type OpenEvent<Type extends string> = Type extends `${Prefix}lambda_trigger.${string}`
  ? UserPoolEvent<Type, InferMerged<RequestIn<Triggers>>, InferMerged<ResponseIn<Triggers>>>
  : Type extends `${Prefix}${infer Name}`
    ? UserPoolEvent<Type, InferMerged<RequestMembers<Name>>, InferMerged<ResponseMembers<Name>>>
    : never;

/** Every event, told apart by `type`. */
export type CognitoEvent = EventsByType[KnownEventType] | OpenEvent<OpenEventType>;

/** The event of one type. */
export type CognitoEventOf<Type extends EventType> = Type extends KnownEventType ? EventsByType[Type] : OpenEvent<Type>;
