/** What ingest uses of the mappers. */

export type { EventData } from "../events/event-data.ts";
export { type ActivityLogContext, mapActivityLog } from "./activity-log.ts";
export { TYPE_PREFIX } from "./classification.ts";
export { type CloudTrailContext, mapCloudTrail } from "./cloudtrail.ts";
export { type LambdaTriggerContext, mapLambdaTrigger } from "./lambda-trigger.ts";
export type { Ignored, IgnoredReason, MappedEvent, Mapping, Outcome, Road } from "./mapping.ts";
export { cloudTrailPlace, logPlace, type Place, toPlace, triggerPlace } from "./place.ts";
export { mapTriggerMeshUser, type TriggerMeshContext, type TriggerMeshEvent } from "./triggermesh.ts";
export { mapUserDifference, type UserChange, type UserDifferenceContext } from "./user-difference.ts";
export { toUserSnapshot, type UserSnapshot } from "./user-snapshot.ts";
