/** What a webhook told of a user, the users poll does not tell again; and nothing that was not told is left out. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Broker } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { createFakeClock, type FakeClock } from "../../suites/broker/fake-clock.ts";
import { DEFAULT_LIMITS } from "../../suites/broker/harness.ts";
import { cloudTrailRecord } from "../../support/records.ts";
import { createFakePool, type FakePool } from "../../support/user-pool.ts";
import { openUsersKit, POOL_ARN, POOL_ID, type UsersKit } from "../../support/users-kit.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: FakeClock;
let broker: Broker;
let pool: FakePool;
let kit: UsersKit;

beforeEach(async () => {
  clock = createFakeClock();
  broker = createMemoryBroker({ clock: clock.now, ...DEFAULT_LIMITS });
  pool = createFakePool(clock.now);
  kit = await openUsersKit({ broker, clock, listUsers: pool.listUsers });
  for (const sub of ["a", "b"]) pool.create(sub);
  await kit.scanned();
  clock.advance(MINUTE);
});

afterEach(() => broker.close());

/** What a scan tells, after some time; what webhooks told before is left out. */
async function told(): Promise<readonly string[]> {
  await kit.events();
  clock.advance(MINUTE);
  await kit.scanned();
  return kit.told();
}

async function announced(): Promise<readonly string[]> {
  const { entries } = await broker.scanState({ collection: `announced/${POOL_ARN}`, limit: 100 });
  return entries.map(({ key }) => key).toSorted();
}

const CONFIRMED = { UserStatus: "CONFIRMED" };

describe("a webhook announces", () => {
  it.each([
    ["AdminCreateUser", {}],
    ["SignUp", { requestParameters: { userPoolId: POOL_ID } }],
  ])("who was created: %s", async (eventName, changes) => {
    pool.create("c");
    await kit.webhook(eventName, "c", changes);
    expect(await told()).toEqual([]);
    pool.change("c", CONFIRMED);
    expect(await told()).toEqual(["confirmed c"]);
  });

  it("who was disabled and enabled again", async () => {
    pool.change("a", { Enabled: false });
    await kit.webhook("AdminDisableUser", "a");
    expect(await told()).toEqual([]);
    pool.change("a", { Enabled: true });
    await kit.webhook("AdminEnableUser", "a");
    expect(await told()).toEqual([]);
  });

  it("who was confirmed", async () => {
    pool.change("a", CONFIRMED);
    await kit.webhook("AdminConfirmSignUp", "a");
    expect(await told()).toEqual([]);
  });

  it("who was deleted, and the first absence is then enough", async () => {
    pool.remove("a");
    await kit.webhook("AdminDeleteUser", "a");
    expect(await told()).toEqual([]);
    expect(await told()).toEqual([]);
    // A list that lags behind does not make him new.
    pool.create("a");
    expect(await told()).toEqual([]);
  });

  it("who was created and deleted between two scans, and a late list shows him", async () => {
    await kit.webhook("AdminCreateUser", "c");
    await kit.webhook("AdminDeleteUser", "c");
    pool.create("c");
    expect(await told()).toEqual([]);
    pool.remove("c");
    for (let scans = 0; scans < 3; scans++) expect(await told()).toEqual([]);
  });

  it("by the poll of LookupEvents too, however often it reads the record", async () => {
    pool.change("a", { Enabled: false });
    const record = cloudTrailRecord("4f9a2c66-5a1d-4c0e-8f57-1d2b3c4e5f60", {
      eventName: "AdminDisableUser",
      eventTime: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
      requestParameters: { userPoolId: POOL_ID },
      responseElements: null,
      additionalEventData: { sub: "a" },
    });
    for (let reads = 0; reads < 3; reads++) {
      await kit.ingest.records([{ kind: "record", record, envelope: {} }], { road: "lookup" });
    }
    const [entry] = await broker.getState({ collection: `announced/${POOL_ARN}`, keys: ["a disabled"] });
    expect(entry?.version).toBe(1);
    expect(await told()).toEqual([]);
  });
});

describe("what else there is to tell is told", () => {
  it("an attribute that changed too, as an update", async () => {
    pool.setAttribute("a", "email_verified", "true");
    pool.change("a", CONFIRMED);
    await kit.webhook("AdminConfirmSignUp", "a");
    await kit.events();
    clock.advance(MINUTE);
    await kit.scanned();
    const [event, ...others] = await kit.events();
    expect(others).toEqual([]);
    expect(event?.kind).toBe("updated");
    expect(event?.data.changes?.map(({ path }) => path)).toEqual(["attributes.email_verified", "modifiedAt", "status"]);
  });

  it("the other fact of two", async () => {
    pool.change("a", { Enabled: false, ...CONFIRMED });
    await kit.webhook("AdminDisableUser", "a");
    expect(await told()).toEqual(["confirmed a"]);
  });

  it("the same fact a second time, without a webhook", async () => {
    pool.change("a", { Enabled: false });
    await kit.webhook("AdminDisableUser", "a");
    await told();
    clock.advance(MINUTE);
    pool.change("a", { Enabled: true });
    expect(await told()).toEqual(["enabled a"]);
    clock.advance(MINUTE);
    pool.change("a", { Enabled: false });
    expect(await told()).toEqual(["disabled a"]);
  });

  it("the same fact again between two scans, after one that undid it", async () => {
    await kit.webhook("AdminDisableUser", "a");
    clock.advance(2000);
    await kit.webhook("AdminEnableUser", "a");
    clock.advance(2000);
    pool.change("a", { Enabled: false });
    expect(await told()).toEqual(["disabled a"]);
  });

  it("a fact of a user without a time of modification", async () => {
    for (const Enabled of [true, false]) {
      pool.change("a", { Enabled, UserLastModifiedDate: undefined });
      await kit.webhook(Enabled ? "AdminEnableUser" : "AdminDisableUser", "a");
      await told();
    }
    pool.change("a", { Enabled: true, UserLastModifiedDate: undefined });
    expect(await told()).toEqual(["enabled a"]);
    pool.change("a", { Enabled: false, UserLastModifiedDate: undefined });
    expect(await told()).toEqual(["disabled a"]);
  });

  it.each([
    ["a failure", "AdminDisableUser", { errorCode: "TooManyRequestsException" }],
    ["another user", "AdminDisableUser", { additionalEventData: { sub: "b" } }],
    ["another pool", "AdminDisableUser", { requestParameters: { userPoolId: "eu-central-1_otherPool" } }],
    ["an update", "AdminUpdateUserAttributes", {}],
  ])("%s announces nothing", async (_, eventName, changes) => {
    pool.change("a", { Enabled: false });
    await kit.webhook(eventName, "a", changes);
    expect(await told()).toEqual(["disabled a"]);
  });

  it("nor does a trigger", async () => {
    pool.change("a", CONFIRMED);
    const event = {
      triggerSource: "PostConfirmation_ConfirmSignUp",
      userPoolId: POOL_ID,
      userName: "a",
      request: { userAttributes: { sub: "a" } },
    };
    expect(await kit.ingest.trigger(event, { id: "t1" })).toMatchObject({ ok: true, value: { accepted: 1 } });
    expect(await announced()).toEqual([]);
    expect(await told()).toEqual(["confirmed a"]);
  });
});

describe("an announcement", () => {
  it("is forgotten after a scan that came long after it", async () => {
    await kit.webhook("AdminDisableUser", "a");
    await kit.webhook("AdminDeleteUser", "b");
    await told();
    expect(await announced()).toEqual(["a disabled", "b deleted"]);
    clock.advance(HOUR);
    await kit.webhook("AdminEnableUser", "a");
    await told();
    expect(await announced()).toEqual(["a enabled"]);
  });

  it("waits for as long as no scan comes to its end", async () => {
    pool.create("c");
    await kit.webhook("AdminCreateUser", "c");
    pool.beforePage(() => ({ code: "access_denied", error: "AccessDeniedException" }));
    for (let days = 0; days < 3; days++) {
      clock.advance(24 * HOUR);
      await kit.scan();
    }
    pool.beforePage(undefined);
    expect(await told()).toEqual([]);
  });

  it("from a time to come is kept no longer than others", async () => {
    await kit.webhook("AdminDisableUser", "a", { eventTime: "2036-01-01T00:00:00Z" });
    clock.advance(2 * HOUR);
    await told();
    expect(await announced()).toEqual([]);
  });
});
