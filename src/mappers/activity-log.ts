/**
 * A log that a user pool exports in, typed event out.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html
 */
import { isObject, type JsonObject, member } from "../core/json.ts";
import { NOTIFICATION_LOG } from "../events/catalog/activity-logs.ts";
import type { EventData } from "../events/event-data.ts";
import { type ActivityParts, activityRequest, activityResponse, activityUser, shown } from "./activity-members.ts";
import { TYPE_PREFIX } from "./classification.ts";
import { cloudTrailAttributes } from "./cloudtrail-attributes.ts";
import { actionName } from "./extract/action-name.ts";
import { attributeString, cap } from "./extract/attribute-string.ts";
import type { AuthContext } from "./extract/auth-context.ts";
import { javaDate } from "./extract/java-date.ts";
import { maskPersons } from "./extract/mask.ts";
import { validPoolId } from "./extract/pool.ts";
import { configuredPlace, namedPlace } from "./extract/pool-place.ts";
import { HIDDEN, identifier, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";
import type { Mapping, Outcome } from "./mapping.ts";
import { snakeCase } from "./snake-case.ts";
