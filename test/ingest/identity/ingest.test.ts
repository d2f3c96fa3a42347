/** What identity makes of records on their way through the gateway. */
import { describe, expect, it } from "vitest";
import { IDENTITY_STATE } from "../../../src/ingest/identity/user-archive.ts";
import { cloudTrailRecord } from "../../support/records.ts";
import { openTestGateway, post } from "../../support/test-gateway.ts";
import { createFakePool, user } from "./kit.ts";

const ARN = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Orchard";
const SUB = "c1f0a7de-3b52-4a56-9a5e-2f6b7f0d8e11";
const CLIENT = "7f3kq2v9c1m8d5t6r4s0w2x1yz";

async function open(yaml: string) {
  const pool = createFakePool();
  pool.clientIds.push(CLIENT);
  pool.users.set(SUB, user(SUB, "ada"));
  const gateway = await openTestGateway(yaml, { openPoolDirectory: () => pool });
  const send = async (...records: readonly object[]) => {
    const response = await gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: records })));
    return { status: response.status, counts: await response.json() };
  };
  return { ...gateway, pool, send };
}

describe("records", () => {
  it("have the pool of their client and the name of their user, in the order they came", async () => {
    const { send, committed } = await open(`pools: [{ arn: "${ARN}" }]`);
    const records = ["a", "b", "c"].map((id) => cloudTrailRecord(id));
    expect(await send(...records)).toEqual({ status: 202, counts: { accepted: 3, duplicates: 0, ignored: 0 } });
    const events = await committed();
    expect(events.map(({ attributes }) => attributes.id)).toEqual(["a", "b", "c"]);
    for (const { attributes, json } of events) {
      expect(attributes).toMatchObject({ source: ARN, userpoolid: "eu-central-1_Orchard", subject: `user/${SUB}` });
      expect(JSON.parse(json).data.user).toEqual({ sub: SUB, username: "ada" });
    }
  });

  it("bring their users into the broker, once", async () => {
    const { send, broker } = await open(`pools: [{ arn: "${ARN}" }]`);
    await send(cloudTrailRecord("a"));
    await send(cloudTrailRecord("b"));
    const kept = await broker.getState({ collection: IDENTITY_STATE, keys: [`${ARN}/${SUB}`] });
    expect(kept).toMatchObject([{ version: 1, value: expect.stringContaining('"username":"ada"') }]);
  });

  it("of an unknown client stay as they are, also where only configured pools are wanted", async () => {
    const { send, committed } = await open(`onlyConfiguredPools: true\npools: [{ arn: "${ARN}" }]`);
    const requestParameters = { clientId: "somebodyelses" };
    const { counts } = await send(cloudTrailRecord("a", { requestParameters }), cloudTrailRecord("b"));
    expect(counts).toEqual({ accepted: 2, duplicates: 0, ignored: 0 });
    const sources = (await committed()).map(({ attributes }) => attributes.source);
    expect(sources).toEqual([ARN.replace("eu-central-1_Orchard", "unknown"), ARN]);
  });

  it("ask nothing where the pool does not want it", async () => {
    const { send, committed, pool } = await open(`pools: [{ arn: "${ARN}", identify: none }]`);
    await send(cloudTrailRecord("a"));
    expect((await committed())[0]?.attributes.source).toMatch(/unknown$/);
    expect(pool.asked).toEqual([]);
  });

  it("are taken while AWS refuses everything", async () => {
    const { send, committed, pool, log } = await open(`pools: [{ arn: "${ARN}" }]`);
    pool.refusal = "CredentialsProviderError";
    const userPoolId = "eu-central-1_Orchard";
    const { counts } = await send(cloudTrailRecord("a"), cloudTrailRecord("b", { requestParameters: { userPoolId } }));
    expect(counts).toEqual({ accepted: 2, duplicates: 0, ignored: 0 });
    for (const { json } of await committed()) expect(JSON.parse(json).data.user).toEqual({ sub: SUB });
    expect(log()).toContain("CredentialsProviderError");
    expect(log()).not.toContain(SUB);
  });

  it("of other pools are completed while AWS refuses to speak of one, which /readyz names", async () => {
    const meadow = ARN.replace("Orchard", "Meadow");
    const pools = new Map([ARN, meadow].map((arn) => [arn, createFakePool()]));
    for (const pool of pools.values()) pool.users.set(SUB, user(SUB, "ada"));
    Object.assign(pools.get(meadow) ?? {}, { refusal: "ResourceNotFoundException" });
    const { request, committed } = await openTestGateway(`pools: [{ arn: "${ARN}" }, { arn: "${meadow}" }]`, {
      openPoolDirectory: ({ arn }) => pools.get(arn) ?? createFakePool(),
    });
    const records = [meadow, ARN].map((arn) => {
      const userPoolId = arn.slice(arn.lastIndexOf("/") + 1);
      return cloudTrailRecord(userPoolId, { eventName: "AdminEnableUser", requestParameters: { userPoolId } });
    });
    await request("/ingest/cloudtrail", post(JSON.stringify({ Records: records })));
    const users = (await committed()).map(({ json }) => JSON.parse(json).data.user);
    expect(users).toEqual([{ sub: SUB }, { sub: SUB, username: "ada" }]);
    const ready = await request("/readyz");
    expect(ready.status).toBe(200);
    expect((await ready.json()).pools).toEqual([
      { arn: ARN },
      {
        arn: meadow,
        error: "ResourceNotFoundException",
        identify: { ListUsers: { error: "ResourceNotFoundException", since: expect.any(String) } },
      },
    ]);
  });
});
