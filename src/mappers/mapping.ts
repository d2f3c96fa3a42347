/** What a mapper makes of one record: an event, or a reason to leave it. Mappers are pure and never throw. */
import type { EventAttributes } from "../core/event.ts";
import type { EventData } from "../events/event-data.ts";

export type { RoadName as Road } from "../events/event-attributes.ts";
export type { Outcome } from "../events/event-data.ts";

export type Mapping = MappedEvent | Ignored;

export interface MappedEvent {
  readonly kind: "event";
  /** Without `recordedtime`, `dataschema` and `traceparent`, which ingest adds. */
  readonly attributes: EventAttributes;
  readonly data: EventData;
}

export interface Ignored {
  readonly kind: "ignored";
  readonly reason: IgnoredReason;
}

export type IgnoredReason =
  | "not_a_record"
  | "foreign_event_source"
  | "insight"
  | "read"
  | "own_call"
  | "pool_not_configured"
  | "file_notice"
  | "invalid_notice"
  | "object_not_created"
  | "foreign_bucket"
  | "not_a_log_file"
  | "test_event"
  | "control_message"
  | "invalid_base64"
  | "invalid_gzip"
  | "invalid_json"
  | "record_too_large";
