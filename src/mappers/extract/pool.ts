import { isObject, member } from "../../core/json.ts";
import type { RecordParts } from "../record-parts.ts";
import { text } from "./text.ts";

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html */
const POOL_ID = /^[\w-]+_[0-9a-zA-Z]+$/;
const MAX_POOL_ID_LENGTH = 55;

/** Members of a response that tell the pool they belong to. */
const OWNED_BY_POOL: ReadonlySet<string> = new Set([
  "userPoolClient",
  "group",
  "identityProvider",
  "resourceServer",
  "userImportJob",
  "managedLoginBranding",
  "terms",
  "riskConfiguration",
  "logDeliveryConfiguration",
  "uICustomization",
]);

const RESOURCE = ":userpool/";

/**
 * The id of the pool that a record is about. It stands in a different place for each kind of call: in the request of
 * most, beside it for calls with an access token and for hosted pages, in the response of CreateUserPool, in the ARN
 * of tag calls; and sign-ins name the client alone.
 */
export function poolId(
  { record, request, response, additional }: RecordParts,
  clientId: string | undefined,
  poolOfClient: (clientId: string) => string | undefined,
): string | undefined {
  return (
    validPoolId(member(request, "userPoolId")) ??
    validPoolId(member(additional, "userPoolId")) ??
    poolOfResponse(response) ??
    poolOfArn(member(request, "resourceArn")) ??
    poolOfResources(member(record, "resources")) ??
    (clientId === undefined ? undefined : validPoolId(poolOfClient(clientId)))
  );
}

function poolOfResponse(response: unknown): string | undefined {
  if (!isObject(response)) return undefined;
  const own = validPoolId(member(response, "userPoolId")) ?? validPoolId(member(member(response, "userPool"), "id"));
  if (own !== undefined) return own;
  // A response has few members, and sign-ins, which are the most, none of these.
  for (const name of Object.keys(response)) {
    const found = OWNED_BY_POOL.has(name) ? validPoolId(member(response[name], "userPoolId")) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Seldom there in records of user pools. */
function poolOfResources(resources: unknown): string | undefined {
  if (!Array.isArray(resources)) return undefined;
  for (const resource of resources) {
    const found = poolOfArn(member(resource, "ARN"));
    if (found !== undefined) return found;
  }
  return undefined;
}

function poolOfArn(arn: unknown): string | undefined {
  if (typeof arn !== "string") return undefined;
  const at = arn.indexOf(RESOURCE);
  return at === -1 ? undefined : validPoolId(arn.slice(at + RESOURCE.length));
}

export function validPoolId(value: unknown): string | undefined {
  // The hidden marker has the form of a pool id.
  const id = text(value);
  return id !== undefined && id.length <= MAX_POOL_ID_LENGTH && POOL_ID.test(id) ? id : undefined;
}
