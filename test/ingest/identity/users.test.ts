import { describe, expect, it } from "vitest";
import { createUserArchive, IDENTITY_STATE } from "../../../src/ingest/identity/user-archive.ts";
import { settle } from "../../support/fake-wait.ts";
import { ARN, createKit, event, user } from "./kit.ts";

describe("identify: username", () => {
  it("fills the name alone, asks once for many events, and never again", async () => {
    const { fill, pool, time } = createKit();
    pool.users.set("s1", user("s1", "ada")).set("s2", user("s2", "bo"));
    const named = await fill(event("s1"), event("s2"), event("s1", "user.updated"));
    expect(named).toEqual([
      { sub: "s1", username: "ada" },
      { sub: "s2", username: "bo" },
      { sub: "s1", username: "ada" },
    ]);
    await time.pass(40 * 86_400_000);
    await fill(event("s1"), event("s2", "user.disabled"));
    expect(pool.asked).toEqual(["s1", "s2"]);
  });

  it("knows nobody any more whom it was to forget, in memory or in the broker", async () => {
    const { fill, pool, identity, broker } = createKit();
    pool.users.set("s1", user("s1", "ada")).set("s2", user("s2", "bo"));
    await fill(event("s1"), event("s2"));
    await broker.append({ events: [], state: [{ collection: IDENTITY_STATE, key: `${ARN}/s1`, value: null }] });
    identity.forget(ARN, "s1");
    pool.users.delete("s1");
    expect(await fill(event("s1"), event("s2"))).toEqual([{ sub: "s1" }, { sub: "s2", username: "bo" }]);
    expect(pool.asked).toEqual(["s1", "s2", "s1"]);
  });

  it("keeps what the record shows, and asks nothing where it shows all", async () => {
    const { fill, pool } = createKit();
    const shown = event("s1");
    const named = { ...shown, data: { ...shown.data, user: { sub: "s1", username: "shown" } } };
    expect(await fill(named)).toEqual([{ sub: "s1", username: "shown" }]);
    expect(pool.asked).toEqual([]);
  });

  it("leaves other pools and events without a user alone", async () => {
    const { fill, pool } = createKit();
    const foreign = event("s1");
    const elsewhere = { ...foreign, data: { ...foreign.data, userPool: { arn: ARN.replace("Orchard", "Meadow") } } };
    const { user: _, ...rest } = foreign.data;
    expect(await fill(elsewhere, { ...foreign, data: rest })).toEqual([{ sub: "s1" }, undefined]);
    expect(pool.asked).toEqual([]);
  });

  it("does not ask for what would have to be quoted in a filter", async () => {
    const { fill, pool } = createKit();
    expect(await fill(event('s" or "x'))).toEqual([{ sub: 's" or "x' }]);
    expect(pool.asked).toEqual([]);
  });

  it("shares a question that is under way", async () => {
    const { fill, pool } = createKit();
    pool.users.set("s1", user("s1", "ada"));
    pool.hold = true;
    const both = [fill(event("s1")), fill(event("s1"))];
    await settle();
    await pool.release();
    expect(await Promise.all(both)).toEqual([[{ sub: "s1", username: "ada" }], [{ sub: "s1", username: "ada" }]]);
    expect(pool.asked).toEqual(["s1"]);
  });

  it("asks again for a user who was not listed yet", async () => {
    const { fill, pool, time } = createKit();
    expect(await fill(event("s1", "user.created"))).toEqual([{ sub: "s1" }]);
    pool.users.set("s1", user("s1", "ada"));
    expect(await fill(event("s1"))).toEqual([{ sub: "s1" }]);
    await time.pass(5000);
    expect(await fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
  });
});

describe("identify: attributes", () => {
  const members = "attributes" as const;

  it("fills everything, and what the record shows stays", async () => {
    const { fill, pool } = createKit({ members });
    pool.users.set("s1", user("s1", "ada"));
    const seen = event("s1");
    const shown = {
      ...seen,
      data: { ...seen.data, user: { sub: "s1", status: "UNCONFIRMED", attributes: { a: "1" } } },
    };
    expect(await fill(shown)).toEqual([
      { ...user("s1", "ada"), status: "UNCONFIRMED", attributes: { sub: "s1", email: "ada@example.com", a: "1" } },
    ]);
  });

  it.each(["user.updated", "user.disabled", "password.reset", "action.something_new"])(
    "asks anew after %s, but not after a failure or a sign-in",
    async (fact) => {
      const { fill, pool } = createKit({ members });
      pool.users.set("s1", user("s1", "ada", "old@example.com"));
      await fill(event("s1"));
      pool.users.set("s1", user("s1", "ada", "new@example.com"));
      const [failed] = await fill(event("s1", fact, "failure"));
      const [signedIn] = await fill(event("s1"));
      const [changed, later] = await fill(event("s1", fact), event("s1"));
      const emails = [failed, signedIn, changed, later].map((one) => one?.attributes?.email);
      expect(emails).toEqual(["old@example.com", "old@example.com", "new@example.com", "new@example.com"]);
      expect(pool.asked).toEqual(["s1", "s1"]);
    },
  );

  it("puts no stale value into any event after a change, whether AWS fails or answers late", async () => {
    const { fill, pool, time } = createKit({ members });
    pool.users.set("s1", user("s1", "ada", "old@example.com"));
    await fill(event("s1"));
    await time.pass(60_000);
    // A question from before the change is still under way when the change is told.
    pool.hold = true;
    const early = fill(event("s1"));
    await settle();
    pool.users.set("s1", user("s1", "ada", "new@example.com"));
    pool.refusal = "TooManyRequestsException";
    const told = fill(event("s1", "user.updated"));
    await settle();
    await pool.release();
    expect((await told)[0]).toEqual({ sub: "s1", username: "ada" });
    expect((await early)[0]).toEqual({ sub: "s1", username: "ada" });
    expect(await fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
  });

  it("forgets at once what a change may have made untrue, also while AWS is left alone", async () => {
    const { fill, pool } = createKit({ members });
    pool.users.set("s1", user("s1", "ada", "old@example.com"));
    await fill(event("s1"));
    pool.refusal = "TooManyRequestsException";
    await fill(event("s2"));
    expect(await fill(event("s1", "user.updated"))).toEqual([{ sub: "s1", username: "ada" }]);
    expect(await fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
  });

  it("is current for a minute", async () => {
    const { fill, pool, time } = createKit({ members });
    pool.users.set("s1", user("s1", "ada", "old@example.com"));
    await fill(event("s1"));
    pool.users.set("s1", user("s1", "ada", "new@example.com"));
    await time.pass(59_999);
    expect((await fill(event("s1")))[0]?.attributes?.email).toBe("old@example.com");
    await time.pass(1);
    expect((await fill(event("s1")))[0]?.attributes?.email).toBe("new@example.com");
  });

  it("tells of a deleted user what was known last, also in events that come late", async () => {
    const { fill, pool, time } = createKit({ members });
    pool.users.set("s1", user("s1", "ada"));
    await fill(event("s1"));
    pool.users.delete("s1");
    await time.pass(3_600_000);
    expect(await fill(event("s1", "user.deleted"))).toEqual([user("s1", "ada")]);
    await time.pass(3_600_000);
    expect(await fill(event("s1"))).toEqual([user("s1", "ada")]);
  });
});

describe("the users that the broker keeps", () => {
  const members = "attributes" as const;
  const kept = async ({ broker }: ReturnType<typeof createKit>) =>
    (await broker.scanState({ collection: IDENTITY_STATE, limit: 100 })).entries;

  it("survive a restart, of which a deleted user needs nothing of AWS", async () => {
    const before = createKit({ members });
    before.pool.users.set("s1", user("s1", "ada"));
    await before.fill(event("s1"));
    const after = createKit({ members, broker: before.broker, time: before.time });
    expect(await after.fill(event("s1", "user.deleted"))).toEqual([user("s1", "ada")]);
    expect(after.pool.asked).toEqual([]);
    expect(await after.metrics()).toContain('poolcast_identified_total{by="broker"} 1');
  });

  it("give the name after a restart without asking, and the state only where it is current", async () => {
    const before = createKit({ members });
    before.pool.users.set("s1", user("s1", "ada"));
    await before.fill(event("s1"));
    const names = createKit({ broker: before.broker, time: before.time });
    expect(await names.fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
    expect(names.pool.asked).toEqual([]);
    const whole = createKit({ broker: before.broker, time: before.time, members });
    whole.pool.refusal = "AccessDeniedException";
    expect(await whole.fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
  });

  it("are written once, with the event, and anew after a change or a day", async () => {
    const kit = createKit({ members });
    kit.pool.users.set("s1", user("s1", "ada"));
    const version = async () => (await kept(kit))[0]?.version;
    await kit.fill(event("s1"));
    await kit.fill(event("s1"));
    expect(await version()).toBe(1);
    kit.pool.users.set("s1", user("s1", "ada", "new@example.com"));
    await kit.fill(event("s1", "user.updated"));
    expect(await version()).toBe(2);
    await kit.time.pass(2 * 86_400_000);
    await kit.fill(event("s1"));
    expect(await version()).toBe(3);
  });

  it("are written again with the next event where the commit failed", async () => {
    const { identity, pool } = createKit();
    pool.users.set("s1", user("s1", "ada"));
    const first = await identity.begin().fill([event("s1")]);
    const second = await identity.begin().fill([event("s1")]);
    expect(first.state).toHaveLength(1);
    expect(second.state).toEqual(first.state);
    second.committed();
    expect((await identity.begin().fill([event("s1")])).state).toEqual([]);
  });

  it("keep no attribute where only names are asked for", async () => {
    const seen = new Map([["s1", user("s1", "ada")]]);
    const kit = createKit({ lastSeen: async () => seen });
    await kit.fill(event("s1"));
    expect(kit.pool.asked).toEqual([]);
    expect((await kept(kit))[0]?.value).not.toContain("example.com");
  });

  it("are over at their time, before anything is swept, and no more than so many after it was", async () => {
    const { broker, time } = createKit();
    const archive = createUserArchive({ broker, clock: time.now, maxUsers: 2 });
    const state = ["s1", "s2", "s3"].map((sub, at) =>
      archive.write(ARN, { user: user(sub, sub), untilMs: time.now() + 1000 * (at + 1) }),
    );
    await broker.append({ events: [], state });
    const subs = async () => [...(await archive.read(ARN, ["s1", "s2", "s3"])).keys()].toSorted();
    expect(await subs()).toEqual(["s1", "s2", "s3"]);
    await archive.sweep();
    expect(await subs()).toEqual(["s2", "s3"]);
    await time.pass(2000);
    expect(await subs()).toEqual(["s3"]);
  });

  it("end after a month, a deleted one after a week, by the hourly sweep", async () => {
    const kit = createKit();
    kit.pool.users.set("s1", user("s1", "ada")).set("s2", user("s2", "bo"));
    await kit.fill(event("s1"), event("s2", "user.deleted"));
    kit.identity.start();
    await settle();
    expect(await kept(kit)).toHaveLength(2);
    await kit.time.pass(7 * 86_400_000 + 1);
    expect((await kept(kit)).map(({ key }) => key)).toEqual([`${ARN}/s1`]);
    await kit.time.pass(23 * 86_400_000);
    expect(await kept(kit)).toEqual([]);
    kit.identity.stop();
  });

  it("do not live longer for late events after a restart, and shorter after a deletion", async () => {
    const before = createKit();
    before.pool.users.set("s1", user("s1", "ada"));
    await before.fill(event("s1"));
    await before.time.pass(3 * 86_400_000);
    const untilMs = async () => JSON.parse((await kept(before))[0]?.value ?? "").untilMs - before.time.now();
    const after = createKit({ broker: before.broker, time: before.time });
    await after.fill(event("s1"));
    expect(await untilMs()).toBe(27 * 86_400_000);
    await after.fill(event("s1", "user.deleted"));
    expect(await untilMs()).toBe(7 * 86_400_000);
  });

  it("are what the users poll saw last, where it saw more", async () => {
    const kit = createKit({ members, lastSeen: async () => new Map([["s1", user("s1", "ada", "seen@example.com")]]) });
    expect(await kit.fill(event("s1", "user.deleted"))).toEqual([user("s1", "ada", "seen@example.com")]);
  });
});
