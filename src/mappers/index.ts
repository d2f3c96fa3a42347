/** What ingest uses of the mappers. */
export { type CloudTrailContext, mapCloudTrail } from "./cloudtrail.ts";
export type { EventData } from "./event-data.ts";
export type { Ignored, IgnoredReason, MappedEvent, Mapping, Outcome, Road } from "./mapping.ts";
