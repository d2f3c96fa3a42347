import { type JsonObject, member } from "../core/json.ts";

/**
 * The members of a CloudTrail record that most extractors look into. Any of them may be missing, null, or one hidden
 * string instead of a map, so they stay `unknown` and are only read through `member`.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export interface RecordParts {
  readonly record: JsonObject;
  readonly identity: unknown;
  readonly request: unknown;
  readonly response: unknown;
  readonly additional: unknown;
  /** Query and form fields of a hosted page, each a list of values. Whoever sends the request chooses them. */
  readonly form: unknown;
}

export function recordParts(record: JsonObject): RecordParts {
  const additional = member(record, "additionalEventData");
  return {
    record,
    identity: member(record, "userIdentity"),
    request: member(record, "requestParameters"),
    response: member(record, "responseElements"),
    additional,
    form: member(additional, "requestParameters"),
  };
}
