import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Broker, BrokerFailure } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { err, ok } from "../../../src/core/result.ts";
import type { PollFault } from "../../../src/ingest/poll/fault.ts";
import { lastKnownUser } from "../../../src/ingest/poll/known-users.ts";
import type { ListUsersPage } from "../../../src/ingest/poll/users-page.ts";
import { createFakeClock, type FakeClock } from "../../suites/broker/fake-clock.ts";
import { DEFAULT_LIMITS } from "../../suites/broker/harness.ts";
import { createFakePool, type FakePool, type PoolUser } from "../../support/user-pool.ts";
import { openUsersKit, POOL_ARN, POOL_ID, type UsersKit, type UsersKitOptions } from "../../support/users-kit.ts";

const THROTTLED: PollFault = { code: "throttled", error: "TooManyRequestsException" };
const EXPIRED_TOKEN: PollFault = { code: "invalid_token", error: "InvalidParameterException" };
const GONE: PollFault = { code: "not_found", error: "ResourceNotFoundException" };
const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

let clock: FakeClock;
let broker: Broker;
let pool: FakePool;
let kit: UsersKit;

beforeEach(async () => {
  clock = createFakeClock();
  broker = createMemoryBroker({ clock: clock.now, ...DEFAULT_LIMITS, retentionMs: 1 });
  pool = createFakePool(clock.now);
  kit = await open();
});

afterEach(() => broker.close());

function open(changes: Partial<UsersKitOptions> = {}): Promise<UsersKit> {
  return openUsersKit({ broker, clock, listUsers: pool.listUsers, ...changes });
}

const subs = (count: number, prefix = "u") => Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);

/** What a scan tells, after some time. */
async function told(): Promise<readonly string[]> {
  clock.advance(MINUTE);
  await kit.scanned();
  return kit.told();
}

describe("what TriggerMesh's source loses", () => {
  it("user 61, on the second page, is seen", async () => {
    for (const sub of subs(61)) pool.create(sub);
    expect(await told()).toEqual([]);
    clock.advance(MINUTE);
    pool.change("u61", { Enabled: false });
    expect(await told()).toEqual(["disabled u61"]);
  });

  it("the first user of an empty pool is news, not baseline", async () => {
    expect(await told()).toEqual([]);
    pool.create("a");
    expect(await told()).toEqual(["created a"]);
  });

  it("two users changed in the same millisecond are both seen", async () => {
    await told();
    pool.create("a");
    pool.create("b");
    expect(await told()).toEqual(["created a", "created b"]);
    // One of them in the very millisecond in which the other was seen.
    pool.change("a", { UserStatus: "CONFIRMED" });
    await kit.scanned();
    expect(await kit.told()).toEqual(["confirmed a"]);
    pool.change("b", { UserStatus: "CONFIRMED" });
    await kit.scanned();
    expect(await kit.told()).toEqual(["confirmed b"]);
  });

  it("what changes while the process is down is seen after a restart", async () => {
    for (const sub of ["a", "b", "c"]) pool.create(sub);
    await told();
    clock.advance(3 * DAY);
    pool.create("d");
    pool.change("a", { UserStatus: "CONFIRMED" });
    kit = await open();
    expect(await told()).toEqual(["confirmed a", "created d"]);
  });

  it("a failed commit loses nothing: what it would have told is told by the next scan", async () => {
    await told();
    for (const sub of ["a", "b"]) pool.create(sub);
    let isFull = true;
    const full: Broker["append"] = async (params) => {
      if (isFull && params.events.length > 0) throw new BrokerFailure("broker_full", "no room");
      return broker.append(params);
    };
    kit = await open({ turn: { append: full } });
    expect(await kit.scan()).toEqual(err({ code: "broker_full", error: "broker_full" }));
    expect(await kit.told()).toEqual([]);
    isFull = false;
    expect(await told()).toEqual(["created a", "created b"]);
  });

  it("a throttled request costs a pause, not the place in the list", async () => {
    for (const sub of subs(130)) pool.create(sub);
    await told();
    pool.create("late");
    const before = pool.requests();
    pool.beforePage((request) => ([before + 2, before + 3].includes(request) ? THROTTLED : undefined));
    const atMs = clock.now();
    expect(await told()).toEqual(["created late"]);
    expect(pool.requests() - before).toBe(5);
    // Half of a second and half of two, by jitter.
    expect(clock.now() - atMs - MINUTE).toBeGreaterThanOrEqual(1500);
    expect(kit.counts()).toMatchObject({ failures: 2 });
  });

  it("an id is the same whenever the same news is told", async () => {
    pool.create("a");
    const [first, second] = await Promise.all(
      [1, 2].map(async () => {
        const own = createMemoryBroker({ clock: clock.now, ...DEFAULT_LIMITS });
        const one = await open({ broker: own, backfill: true });
        await one.scanned();
        return one.events();
      }),
    );
    expect(first?.map(({ attributes }) => attributes.id)).toHaveLength(1);
    expect(second?.map(({ attributes }) => attributes.id)).toEqual(first?.map(({ attributes }) => attributes.id));
  });
});

describe("the baseline", () => {
  it("tells nothing of who exists, and everything with backfill", async () => {
    for (const sub of subs(70)) pool.create(sub);
    expect(await told()).toEqual([]);
    const other = createMemoryBroker({ clock: clock.now, ...DEFAULT_LIMITS });
    kit = await open({ broker: other, backfill: true });
    expect(await told()).toEqual(subs(70).map((sub) => `created ${sub}`));
    expect(await told()).toEqual([]);
  });

  it("stays one when it is interrupted, whatever happens meanwhile", async () => {
    for (const sub of subs(130)) pool.create(sub);
    pool.beforePage((request) => (request === 3 ? GONE : undefined));
    expect(await kit.scan()).toEqual(err(GONE));
    pool.change("u1", { Enabled: false });
    pool.create("new");
    kit = await open();
    expect(await told()).toEqual([]);
    pool.change("u1", { Enabled: true });
    pool.change("u130", { UserStatus: "CONFIRMED" });
    expect(await told()).toEqual(["enabled u1", "confirmed u130"]);
  });

  it("with backfill tells each user once, interrupted or not", async () => {
    kit = await open({ backfill: true });
    for (const sub of subs(130)) pool.create(sub);
    pool.beforePage((request) => (request === 3 ? GONE : undefined));
    expect((await kit.scan()).ok).toBe(false);
    expect(await kit.told()).toHaveLength(120);
    pool.change("u1", { Enabled: false });
    expect(await told()).toEqual([
      "disabled u1",
      ...subs(130)
        .slice(120)
        .map((sub) => `created ${sub}`),
    ]);
  });
});

describe("a difference", () => {
  beforeEach(async () => {
    for (const sub of ["a", "b", "c"]) pool.create(sub);
    await told();
  });

  it("is one event a user and scan, with every change listed", async () => {
    pool.change("b", { Enabled: false, UserStatus: "CONFIRMED" });
    pool.setAttribute("b", "email", "b@example.org");
    clock.advance(MINUTE);
    await kit.scanned();
    const [event, ...others] = await kit.events();
    expect(others).toEqual([]);
    expect(event?.attributes).toMatchObject({
      type: "com.amazon.cognito-idp.user.disabled",
      source: POOL_ARN,
      subject: "user/b",
      road: "users",
      action: "ListUsers",
      outcome: "success",
      partitionkey: "b",
      userpoolid: POOL_ID,
      dataschema: "https://events.example.com/schemas/com.amazon.cognito-idp.user.disabled",
      recordedtime: new Date(clock.now()).toISOString(),
    });
    expect(event?.data.changes?.map(({ path }) => path)).toEqual([
      "attributes.email",
      "enabled",
      "modifiedAt",
      "status",
    ]);
  });

  it("that nobody can see but by its time is told as well", async () => {
    pool.change("a", {});
    expect(await told()).toEqual(["updated a"]);
    expect(await told()).toEqual([]);
  });

  it("back to an earlier state is told, with and without a time of modification", async () => {
    for (const UserLastModifiedDate of [new Date(clock.now()), undefined]) {
      pool.change("a", { UserLastModifiedDate });
      await told();
      const time = UserLastModifiedDate && { UserLastModifiedDate };
      const ids = new Set<string>();
      for (const Enabled of [false, true, false, true, false, true]) {
        pool.change("a", time ? { Enabled } : { Enabled, UserLastModifiedDate: undefined });
        clock.advance(MINUTE);
        await kit.scanned();
        const events = await kit.events();
        expect(events.map(({ kind }) => kind)).toEqual([Enabled ? "enabled" : "disabled"]);
        for (const { attributes } of events) ids.add(attributes.id);
      }
      expect(ids.size).toBe(6);
    }
  });

  it("to an older state is believed when it is seen twice", async () => {
    const old = pool.users.get("a");
    clock.advance(MINUTE);
    pool.change("a", { UserStatus: "CONFIRMED" });
    const recent = pool.users.get("a");
    expect(await told()).toEqual(["confirmed a"]);
    pool.change("a", { ...old });
    expect(await told()).toEqual([]);
    pool.change("a", { ...recent });
    expect(await told()).toEqual([]);
    pool.change("a", { ...old });
    expect(await told()).toEqual([]);
    expect(await told()).toEqual(["updated a"]);
    expect(await told()).toEqual([]);
  });

  it("is kept for whoever asks who a user was, for a day after he is gone", async () => {
    pool.setAttribute("a", "email", "a@example.org");
    await told();
    pool.remove("a");
    for (let scans = 0; scans < 2; scans++) await told();
    expect(await lastKnownUser(broker, POOL_ARN, "a")).toMatchObject({
      username: "name of a",
      attributes: { email: "a@example.org" },
    });
    expect(await lastKnownUser(broker, POOL_ARN, "nobody")).toBeUndefined();
    clock.advance(DAY);
    expect(await told()).toEqual([]);
    expect(await lastKnownUser(broker, POOL_ARN, "a")).toBeUndefined();
    expect(await lastKnownUser(broker, POOL_ARN, "b")).toBeDefined();
  });
});

describe("a user who is absent", () => {
  let lost: PoolUser | undefined;
  beforeEach(async () => {
    for (const sub of subs(70)) pool.create(sub);
    await told();
    lost = pool.users.get("u5");
    pool.remove("u5");
  });

  it("is deleted after two complete scans in a row", async () => {
    expect(await told()).toEqual([]);
    clock.advance(MINUTE);
    await kit.scanned();
    const [event, ...others] = await kit.events();
    expect(others).toEqual([]);
    expect(event?.kind).toBe("deleted");
    expect(event?.data.user).toMatchObject({ sub: "u5", username: "name of u5" });
    expect(await told()).toEqual([]);
  });

  it("is not deleted by scans that did not come to their end", async () => {
    expect(await told()).toEqual([]);
    for (let scans = 0; scans < 3; scans++) {
      const last = pool.requests() + 2;
      pool.beforePage((request) => (request === last ? GONE : undefined));
      expect(await kit.scan()).toEqual(err(GONE));
    }
    expect(await kit.told()).toEqual([]);
    pool.beforePage(undefined);
    expect(await told()).toEqual(["deleted u5"]);
  });

  it("is not deleted who came back between two absences", async () => {
    pool.create("u5", lost);
    await told();
    for (let turn = 0; turn < 3; turn++) {
      const user = pool.users.get("u5");
      pool.remove("u5");
      expect(await told()).toEqual([]);
      pool.create("u5", { ...user });
      expect(await told()).toEqual([]);
    }
  });

  it("and comes back after all is created anew, and can be deleted again", async () => {
    const lost = pool.users.get("u6");
    const ids: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      pool.remove("u6");
      for (let scans = 0; scans < 2; scans++) {
        clock.advance(MINUTE);
        await kit.scanned();
      }
      pool.create("u6", { ...lost });
      clock.advance(MINUTE);
      await kit.scanned();
      const events = (await kit.events()).filter(({ sub }) => sub === "u6");
      expect(events.map(({ kind }) => kind)).toEqual(["deleted", "created"]);
      ids.push(...events.map(({ attributes }) => attributes.id));
    }
    expect(new Set(ids).size).toBe(6);
  });

  it("is nobody when the pool itself is gone, and everything goes on when it is back", async () => {
    pool.beforePage(() => GONE);
    for (let scans = 0; scans < 5; scans++) expect(await kit.scan()).toEqual(err(GONE));
    expect(await kit.told()).toEqual([]);
    pool.beforePage(undefined);
    pool.change("u1", { Enabled: false });
    expect(await told()).toEqual(["disabled u1"]);
    expect(await told()).toEqual(["deleted u5"]);
  });

  it("is not deleted because the broker answered the entry twice in one sweep", async () => {
    const twice: Broker = {
      ...broker,
      async scanState({ collection, limit, after }) {
        const { entries } = await broker.scanState({ collection, limit });
        return { entries, ...(after === undefined && { next: "again" }) };
      },
    };
    kit = await open({ broker: twice });
    expect(await told()).toEqual([]);
    expect(await told()).toEqual(["deleted u5"]);
  });

  it("is deleted by a sweep that began anew, and nobody is swept for afterwards", async () => {
    for (const sub of subs(400, "more")) pool.create(sub);
    await told();
    for (const sub of subs(400, "more")) pool.remove(sub);
    await told();
    let parts = 1;
    const cut: Broker["append"] = async (params) => {
      if (params.events.length > 0 && --parts < 0) throw new Error("killed");
      return broker.append(params);
    };
    kit = await open({ turn: { append: cut } });
    expect((await kit.scan()).ok).toBe(false);
    const first = await kit.told();
    expect(first.length).toBeGreaterThan(0);
    kit = await open();
    const second = await told();
    expect([...first, ...second].toSorted()).toEqual(
      subs(400, "more")
        .map((sub) => `deleted ${sub}`)
        .toSorted(),
    );
    let sweeps = 0;
    const counting: Broker = {
      ...broker,
      scanState(params) {
        if (params.collection.startsWith("users/")) sweeps += 1;
        return broker.scanState(params);
      },
    };
    kit = await open({ broker: counting });
    await told();
    expect(sweeps).toBe(0);
  });

  it("may be everybody", async () => {
    for (const sub of subs(70)) pool.remove(sub);
    expect(await told()).toEqual([]);
    expect((await told()).toSorted()).toEqual(
      subs(70)
        .map((sub) => `deleted ${sub}`)
        .toSorted(),
    );
    expect(await told()).toEqual([]);
    pool.create("next");
    expect(await told()).toEqual(["created next"]);
  });
});

describe("pages", () => {
  it("that are empty but have a token are followed", async () => {
    const served: (string | undefined)[] = [];
    for (const sub of subs(3)) pool.create(sub);
    const users = [...pool.users.values()];
    const pages: Readonly<Record<string, readonly unknown[]>> = {
      "": [],
      two: users.slice(0, 2),
      three: [],
      four: users,
    };
    const next: Readonly<Record<string, string>> = { "": "two", two: "three", three: "four" };
    const listUsers: ListUsersPage = async (token) => {
      served.push(token);
      return ok({ users: pages[token ?? ""] ?? [], next: next[token ?? ""] });
    };
    kit = await open({ listUsers, backfill: true });
    expect(await told()).toEqual(subs(3).map((sub) => `created ${sub}`));
    expect(served).toEqual([undefined, "two", "three", "four"]);
  });

  it("that show a user twice tell of him once", async () => {
    await told();
    for (const sub of subs(61)) pool.create(sub);
    const first = pool.requests() + 2;
    // Somebody new at the head of the list moves the last of the first page to the second.
    pool.beforePage((request) => {
      if (request !== first) return undefined;
      const users = [...pool.users];
      for (const [sub] of users) pool.remove(sub);
      pool.create("head");
      for (const [sub, user] of users) pool.create(sub, user);
      pool.change("u60", { Enabled: false });
      return undefined;
    });
    expect(await told()).toEqual(subs(61).map((sub) => `created ${sub}`));
    pool.beforePage(undefined);
    expect((await told()).toSorted()).toEqual(["created head", "disabled u60"]);
  });

  it("whose token has expired begin anew", async () => {
    for (const sub of subs(130)) pool.create(sub);
    await told();
    pool.change("u1", { Enabled: false });
    pool.change("u129", { Enabled: false });
    const third = pool.requests() + 3;
    pool.beforePage((request) => (request === third ? EXPIRED_TOKEN : undefined));
    expect(await told()).toEqual(["disabled u1", "disabled u129"]);
    expect(pool.requests()).toBe(third + 3);
    pool.beforePage((request) => (request % 3 === 2 ? EXPIRED_TOKEN : undefined));
    expect(await kit.scan()).toEqual(err(EXPIRED_TOKEN));
  });

  it("that come again and again are a fault", async () => {
    kit = await open({ listUsers: async () => ok({ users: [], next: "same" }) });
    expect(await kit.scan()).toMatchObject({ ok: false, error: { error: "repeated_token" } });
  });

  it("with what is no user are read all the same, and counted", async () => {
    pool.create("a");
    const users = [null, "text", {}, { Attributes: [{ Name: "email", Value: "x" }] }, pool.users.get("a")];
    kit = await open({ listUsers: async () => ok({ users }), backfill: true });
    expect(await told()).toEqual(["created a"]);
    expect(kit.counts()).toMatchObject({ withoutSub: 4, seen: 1 });
  });

  it("are asked for no faster than the rate", async () => {
    for (const sub of subs(600)) pool.create(sub);
    kit = await open({ perSecond: 5 });
    const startMs = clock.now();
    await kit.scanned();
    expect(pool.requests()).toBe(10);
    expect(clock.now() - startMs).toBe(1800);
  });

  it("are not asked for once the lease is lost, and a page under way is not committed", async () => {
    for (const sub of subs(130)) pool.create(sub);
    let kept = 2;
    kit = await open({ backfill: true, turn: { keep: async () => kept-- > 0 } });
    expect(await kit.scan()).toMatchObject({ ok: false, error: { code: "lease_lost" } });
    expect(pool.requests()).toBe(2);
    const fenced: Broker["append"] = () => Promise.reject(new BrokerFailure("state_conflict", "lost"));
    kit = await open({ turn: { append: fenced } });
    pool.create("x");
    expect(await kit.scan()).toMatchObject({ ok: false, error: { code: "lease_lost" } });
  });
});

it("commits what it finds in steps of bounded size, and soon where pages come slowly", async () => {
  const commits: { readonly events: number; readonly requests: number }[] = [];
  const watched: Broker["append"] = (params) => {
    commits.push({ events: params.events.length, requests: pool.requests() });
    return broker.append(params);
  };
  for (const sub of subs(1000)) pool.create(sub);
  kit = await open({ backfill: true, turn: { append: watched } });
  await kit.scanned();
  expect(commits.map(({ events }) => events)).toEqual([300, 300, 300, 100, 0]);
  commits.length = 0;
  for (const sub of subs(1000)) pool.change(sub, { Enabled: false });
  kit = await open({ perSecond: 5, turn: { append: watched } });
  const before = pool.requests();
  await kit.scanned();
  // Two pages, 200 ms apart, and then the third.
  expect(commits[0]).toEqual({ events: 180, requests: before + 3 });
});

it("writes nothing but its checkpoint where nothing changed", async () => {
  for (const sub of subs(200)) pool.create(sub);
  let writes = 0;
  const counting: Broker["append"] = (params) => {
    writes += params.state?.length ?? 0;
    return broker.append(params);
  };
  kit = await open({ turn: { append: counting } });
  await told();
  writes = 0;
  for (let scans = 0; scans < 3; scans++) await told();
  expect(writes).toBe(3);
});

describe("TriggerMesh's event", () => {
  beforeEach(async () => {
    pool.create("old");
    kit = await open({ compat: true });
  });

  it("comes beside the others for who is new or changed, not for the baseline and the deleted", async () => {
    expect(await told()).toEqual([]);
    pool.create("a");
    pool.change("old", { UserStatus: "CONFIRMED" });
    clock.advance(MINUTE);
    await kit.scanned();
    const events = await kit.events();
    expect(events.map(({ kind }) => kind)).toEqual(["confirmed", "sync_trigger", "created", "sync_trigger"]);
    const { attributes, data } = JSON.parse(
      `{"attributes":${JSON.stringify(events[3]?.attributes)},"data":${JSON.stringify(events[3]?.data)}}`,
    );
    expect(attributes).toEqual({
      specversion: "1.0",
      id: expect.any(String),
      source: POOL_ARN,
      type: "com.amazon.cognito-idp.sync_trigger",
      subject: POOL_ID,
      time: new Date(clock.now()).toISOString(),
      datacontenttype: "application/json",
    });
    expect(data).toMatchObject({ Username: "name of a", MFAOptions: null, Enabled: true });
    pool.remove("a");
    await told();
    expect(await told()).toEqual(["deleted a"]);
  });

  it("comes also where a webhook was first", async () => {
    await told();
    pool.create("a");
    await kit.webhook("AdminCreateUser", "a");
    await kit.events();
    expect(await told()).toEqual(["sync_trigger "]);
  });
});
