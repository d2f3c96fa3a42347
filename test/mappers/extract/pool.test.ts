import { describe, expect, it } from "vitest";
import { apiRecord, CLIENT_ID, eventOf, HIDDEN, POOL_ID } from "../records.ts";

const OTHER = "us-west-2_bR5nD0yJw";
const ARN = `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${POOL_ID}`;

function poolOf(members: Readonly<Record<string, unknown>>, pools: Readonly<Record<string, string>> = {}) {
  const { attributes, data } = eventOf(apiRecord("UpdateUserPool", members), { poolOfClient: (id) => pools[id] });
  expect(data.userPool.id).toBe(attributes.userpoolid);
  const expected = attributes.userpoolid ?? "unknown";
  expect(attributes.source).toBe(`arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${expected}`);
  expect(data.userPool.arn).toBe(attributes.userpoolid === undefined ? undefined : attributes.source);
  return attributes.userpoolid;
}

describe("the pool", () => {
  it.each([
    { requestParameters: { userPoolId: POOL_ID }, additionalEventData: { userPoolId: OTHER } },
    { requestParameters: { userPoolId: HIDDEN }, additionalEventData: { userPoolId: POOL_ID } },
    { additionalEventData: { userPoolId: POOL_ID }, responseElements: { userPoolId: OTHER } },
    { responseElements: { userPoolId: POOL_ID } },
    { responseElements: { userPool: { id: POOL_ID } } },
    { responseElements: { userPoolClient: { userPoolId: POOL_ID } } },
    { responseElements: { group: { userPoolId: POOL_ID } } },
    { responseElements: { identityProvider: { userPoolId: POOL_ID } } },
    { responseElements: { userPool: HIDDEN, group: [], resourceServer: { userPoolId: POOL_ID } } },
    { requestParameters: { resourceArn: ARN } },
    { resources: [{ ARN: "arn:aws:iam::210987654321:role/x" }, HIDDEN, { ARN, accountId: "210987654321" }] },
    { requestParameters: { clientId: CLIENT_ID } },
    { additionalEventData: { clientId: CLIENT_ID } },
    { additionalEventData: { requestParameters: { client_id: [CLIENT_ID] } } },
    { responseElements: { userPoolClient: { clientId: CLIENT_ID } } },
  ])("is found in %j", (members) => {
    expect(poolOf(members, { [CLIENT_ID]: POOL_ID })).toBe(POOL_ID);
  });

  it.each([
    HIDDEN,
    "",
    "eu-central-1",
    "_Kq3vX9TzP",
    "eu-central-1_",
    "eu-central-1_Kq3-X9TzP",
    "eu/central-1_Kq3vX9TzP",
    `${POOL_ID}\n`,
    `eu-central-1_${"x".repeat(43)}`,
    7,
    [POOL_ID],
    { id: POOL_ID },
  ])("is not %j", (userPoolId) => {
    const resourceArn = `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${userPoolId}/x`;
    expect(poolOf({ requestParameters: { userPoolId, resourceArn } })).toBeUndefined();
  });

  it("may have the longest id that the API allows", () => {
    const id = `eu-central-1_${"x".repeat(42)}`;
    expect(poolOf({ requestParameters: { userPoolId: id } })).toBe(id);
  });

  it("is unknown where the client belongs to no known pool", () => {
    expect(poolOf({ requestParameters: { clientId: "toString" } }, Object.create(null))).toBeUndefined();
    expect(poolOf({ requestParameters: { clientId: CLIENT_ID } }, { [CLIENT_ID]: "no pool" })).toBeUndefined();
  });
});
