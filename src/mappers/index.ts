/** What ingest uses of the mappers. */

export type { EventData } from "../events/event-data.ts";
export { type CloudTrailContext, mapCloudTrail } from "./cloudtrail.ts";
export type { Ignored, IgnoredReason, MappedEvent, Mapping, Outcome, Road } from "./mapping.ts";
