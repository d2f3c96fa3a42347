/** The members of `data` that all types share; contract and TypeScript types: event-data.ts. */
import * as z from "zod";
import type { EventData } from "./event-data.ts";
import { time } from "./member-schema.ts";

const text = z.string();
const optionalText = text.optional();

export const outcome = z.enum(["success", "failure", "challenge", "unknown"]);

const userPool = z.looseObject({
  id: optionalText,
  arn: optionalText,
  region: optionalText,
  accountId: optionalText,
  domain: text.describe("Host name of the hosted UI").optional(),
});

const user = z.looseObject({
  sub: text.describe("Never changes and is never given again").optional(),
  username: optionalText,
  status: optionalText,
  enabled: z.boolean().optional(),
  attributes: z.record(text, text).optional(),
  createdAt: time.optional(),
  modifiedAt: time.optional(),
  groups: z.array(text).optional(),
});

const change = z.looseObject({
  path: text.describe("As `status`, `enabled` or `attributes.email`"),
  from: z.union([text, z.boolean()]).optional(),
  to: z.union([text, z.boolean()]).optional(),
});

const actor = z.looseObject({
  type: text.describe("CloudTrail's userIdentity.type").optional(),
  arn: optionalText,
  accountId: optionalText,
  principalId: optionalText,
  sourceIp: optionalText,
  userAgent: optionalText,
});

const record = z.looseObject({
  kind: z.enum(["cloudtrail", "trigger", "user", "log"]),
  id: optionalText,
  requestId: optionalText,
  amends: text.describe("Id of the record that this one corrects").optional(),
});

/** Everything but `request` and `response`. The names are checked against the TypeScript type, so none is forgotten. */
export const COMMON_DATA = {
  action: text.describe("The exact AWS name"),
  outcome,
  error: z.looseObject({ code: text, message: optionalText }).optional(),
  userPool,
  client: z.looseObject({ id: text }).optional(),
  user: user.describe("The user whom the act is about").optional(),
  group: z.looseObject({ name: text }).optional(),
  changes: z.array(change).describe("Differences between two looks at a user").optional(),
  actor: actor.describe("Who made the call").optional(),
  record: record.describe("Where the event comes from"),
} as const satisfies { readonly [Name in Exclude<keyof EventData, "request" | "response">]: z.ZodType };

/**
 * aws-sdk-go's UserType as Go writes it: a nil pointer is null.
 * https://docs.aws.amazon.com/sdk-for-go/api/service/cognitoidentityprovider/#UserType
 */
export const syncTriggerData = z.looseObject({
  Attributes: z.array(z.looseObject({ Name: text.nullish(), Value: text.nullish() })).nullish(),
  Enabled: z.boolean().nullish(),
  MFAOptions: z.array(z.looseObject({ AttributeName: text.nullish(), DeliveryMedium: text.nullish() })).nullish(),
  UserCreateDate: time.nullish(),
  UserLastModifiedDate: time.nullish(),
  UserStatus: text.nullish(),
  Username: text.nullish(),
});
