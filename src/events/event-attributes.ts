/** Context attributes of the events that poolcast makes. */
import type { Outcome } from "./event-data.ts";

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes */
export interface CoreAttributes {
  readonly specversion: "1.0";
  /** Unique together with `source`: the key to recognise a repeated delivery. */
  readonly id: string;
  readonly source: string;
  readonly subject?: string;
  /** When it happened; RFC 3339. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
}

export type RoadName =
  | "eventbridge"
  | "sns"
  | "firehose"
  | "s3"
  | "cloudtrail"
  | "lookup"
  | "trigger"
  | "users"
  | "log"
  | "events";

export type AuthType = "app_user" | "service_account" | "user" | "system" | "unauthenticated" | "unknown";

export interface CognitoAttributes extends CoreAttributes {
  /** The exact AWS name, as `AdminCreateUser`. */
  readonly action: string;
  readonly outcome: Outcome;
  /** How the record came. */
  readonly road: RoadName;
  /** Events with the same key can be delivered in order. */
  readonly partitionkey?: string;
  readonly userpoolid?: string;
  readonly clientid?: string;
  /** When poolcast stored it; RFC 3339. */
  readonly recordedtime: string;
  readonly authtype: AuthType;
  readonly authid?: string;
  readonly traceparent?: string;
}
