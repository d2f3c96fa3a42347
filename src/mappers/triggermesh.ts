/**
 * The event that TriggerMesh's AWSCognitoUserPoolSource makes of a user: no extension attributes, the user as the AWS
 * SDK for Go writes its UserType in JSON.
 * https://github.com/triggermesh/triggermesh/blob/main/pkg/sources/adapter/awscognitouserpoolsource/adapter.go
 * https://docs.aws.amazon.com/sdk-for-go/api/service/cognitoidentityprovider/#UserType
 *
 * Only the id differs: TriggerMesh's is chance, so that a consumer cannot tell a repetition from something new.
 */
import type { EventAttributes } from "../core/event.ts";
import { isObject, member } from "../core/json.ts";
import { SYNC_TRIGGER } from "../events/catalog/users-poll.ts";
import { TYPE_PREFIX } from "./classification.ts";
import { configuredPlace } from "./extract/pool-place.ts";
import { utcTime } from "./extract/time.ts";
import type { Ignored } from "./mapping.ts";
import { awsTime } from "./user-snapshot.ts";

export interface TriggerMeshContext {
  /** ARN of the pool looked at. */
  readonly poolArn: string;
  /** When it was looked at: TriggerMesh tells the time of sending, never that of the change. */
  readonly time: string;
  /** Makes the event's id; never empty. */
  readonly hash: (text: string) => string;
}

/** Go writes null for a nil pointer and a nil slice, and the members in the order of the struct. */
export interface GoUserType {
  readonly Attributes: readonly { readonly Name: string | null; readonly Value: string | null }[] | null;
  readonly Enabled: boolean | null;
  readonly MFAOptions:
    | readonly { readonly AttributeName: string | null; readonly DeliveryMedium: string | null }[]
    | null;
  readonly UserCreateDate: string | null;
  readonly UserLastModifiedDate: string | null;
  readonly UserStatus: string | null;
  readonly Username: string | null;
}

export interface TriggerMeshEvent {
  readonly kind: "event";
  readonly attributes: EventAttributes;
  readonly data: GoUserType;
}

/** `user` is an item of ListUsers, as the wire or the SDK writes it. */
export function mapTriggerMeshUser(user: unknown, context: TriggerMeshContext): TriggerMeshEvent | Ignored {
  if (!isObject(user)) return { kind: "ignored", reason: "not_a_record" };
  const { source, userPool } = configuredPlace(context.poolArn);
  const data = goUser(user);
  const time = utcTime(context.time);
  const attributes: EventAttributes = {
    specversion: "1.0",
    id: context.hash(JSON.stringify([SYNC_TRIGGER.type, data])),
    source,
    type: TYPE_PREFIX + SYNC_TRIGGER.type,
    ...(userPool.id !== undefined && { subject: userPool.id }),
    ...(time !== undefined && { time }),
    datacontenttype: "application/json",
  };
  return { kind: "event", attributes, data };
}

function goUser(user: unknown): GoUserType {
  const enabled = member(user, "Enabled");
  return {
    Attributes: list(member(user, "Attributes"), (one) => ({
      Name: stringOrNull(member(one, "Name")),
      Value: stringOrNull(member(one, "Value")),
    })),
    Enabled: typeof enabled === "boolean" ? enabled : null,
    MFAOptions: list(member(user, "MFAOptions"), (one) => ({
      AttributeName: stringOrNull(member(one, "AttributeName")),
      DeliveryMedium: stringOrNull(member(one, "DeliveryMedium")),
    })),
    UserCreateDate: goTime(member(user, "UserCreateDate")),
    UserLastModifiedDate: goTime(member(user, "UserLastModifiedDate")),
    UserStatus: stringOrNull(member(user, "UserStatus")),
    Username: stringOrNull(member(user, "Username")),
  };
}

function list<T>(value: unknown, item: (one: unknown) => T): readonly T[] | null {
  return Array.isArray(value) ? value.filter(isObject).map(item) : null;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** time.Time writes no more digits of a second than it has. */
function goTime(value: unknown): string | null {
  return (
    awsTime(value)
      ?.replace(/(\.\d*?)0*Z$/, "$1Z")
      .replace(".Z", "Z") ?? null
  );
}
