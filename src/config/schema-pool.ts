import { POOL_ARN } from "../core/pool-arn.ts";
import type { PoolConfig } from "./config.ts";
import { awsAuth } from "./schema-auth.ts";
import { leaf, section } from "./section.ts";
import { httpUrl } from "./urls.ts";
import { duration, matching, number, oneOf, readBoolean } from "./values.ts";

const DAY_MS = 86_400_000;

/** A timer of more than 24.8 days would fire at once. */
const pause = duration({ max: 7 * DAY_MS }, "longer than zero and at most P7D");

const backfillFor = duration();
const backfill = leaf("true, false or an ISO 8601 duration such as P7D", (input) => {
  const durationMs = backfillFor.safeParse(input);
  return durationMs.success ? { durationMs: durationMs.data } : readBoolean(input);
});

export const pool = section({
  arn: matching(POOL_ARN, "the ARN of a user pool: arn:aws:cognito-idp:REGION:ACCOUNT:userpool/REGION_ID"),
  auth: awsAuth.optional(),
  poll: section({ lookupEvents: pause.optional(), listUsers: pause.optional() }).prefault({}),
  overlap: duration({ min: 0 }, "zero or longer").prefault("PT30M"),
  backfill: backfill.default(false),
  listUsersRate: number("a number above 0, in requests per second", (rate) => rate > 0).default(5),
  identify: oneOf(["none", "username", "attributes"]).default("username"),
  identifyBudget: duration({ min: 0, max: 60_000 }, "at most PT1M").prefault("PT0.5S"),
  compat: oneOf(["triggermesh"]).optional(),
  endpoint: httpUrl.optional(),
  cloudtrailEndpoint: httpUrl.optional(),
}).transform(
  ({ poll, overlap, identifyBudget, ...pool }): PoolConfig => ({
    ...pool,
    poll: { lookupEventsMs: poll.lookupEvents, listUsersMs: poll.listUsers },
    overlapMs: overlap,
    identifyBudgetMs: identifyBudget,
  }),
);
