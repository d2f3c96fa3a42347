/** How long an event waits for AWS, and how often AWS is asked. */
import { describe, expect, it } from "vitest";
import { createCallBudget } from "../../../src/ingest/identity/call-budget.ts";
import { createFakeClock } from "../../suites/broker/fake-clock.ts";
import { settle } from "../../support/fake-wait.ts";
import { ARN, createKit, event, user } from "./kit.ts";

describe("the budget of an event", () => {
  it("is waited out once for all events of a request, and what comes later serves later events", async () => {
    const { fill, pool, time, metrics } = createKit({ budgetMs: 500 });
    pool.users.set("s1", user("s1", "ada")).set("s2", user("s2", "bo"));
    pool.hold = true;
    let done = false;
    const filling = fill(event("s1"), event("s2")).finally(() => {
      done = true;
    });
    await settle();
    await time.pass(499);
    expect(done).toBe(false);
    await time.pass(1);
    expect(await filling).toEqual([{ sub: "s1" }, { sub: "s2" }]);
    expect(await metrics()).toContain('poolcast_unidentified_total{reason="budget"} 2');
    await pool.release();
    expect(await fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
    expect(pool.asked).toEqual(["s1", "s2"]);
  });

  it("is not waited out again until AWS has answered something", async () => {
    const { fill, pool, time } = createKit({ budgetMs: 500 });
    pool.hold = true;
    const slow = fill(event("s1"));
    await settle();
    await time.pass(500);
    await slow;
    // No time passes, so this would wait for ever.
    const next = fill(event("s2"));
    await time.pass(0);
    expect(await next).toEqual([{ sub: "s2" }]);
    pool.users.set("s3", user("s3", "cy"));
    await pool.release();
    expect(await fill(event("s3"))).toEqual([{ sub: "s3", username: "cy" }]);
  });

  it("of zero asks for the sake of later events alone", async () => {
    const { fill, pool, time } = createKit({ budgetMs: 0 });
    pool.users.set("s1", user("s1", "ada"));
    pool.hold = true;
    const first = fill(event("s1"));
    await time.pass(0);
    expect(await first).toEqual([{ sub: "s1" }]);
    await pool.release();
    expect(await fill(event("s1"))).toEqual([{ sub: "s1", username: "ada" }]);
  });
});

describe("calls to AWS", () => {
  it("are ten at once and ten a second for an account and Region; who would wait too long is not asked about", async () => {
    const { fill, pool, time, metrics } = createKit({ budgetMs: 499 });
    const subs = Array.from({ length: 40 }, (_, at) => `s${at}`);
    for (const sub of subs) pool.users.set(sub, user(sub, `name-${sub}`));
    const filling = fill(...subs.map((sub) => event(sub)));
    await settle();
    expect(pool.asked).toHaveLength(10);
    for (let ms = 0; ms < 400; ms += 100) await time.pass(100);
    const named = (await filling).filter((one) => one?.username !== undefined);
    expect(pool.asked).toHaveLength(14);
    expect(named).toHaveLength(14);
    expect(await metrics()).toContain('poolcast_unidentified_total{reason="rate"} 26');
    await time.pass(600_000);
    expect(pool.asked).toHaveLength(14);
  });

  it("leave AWS alone after a refusal, for longer and longer, and heal by themselves", async () => {
    const { fill, pool, time, troubles, metrics } = createKit();
    pool.users.set("s2", user("s2", "bo"));
    pool.refusal = "AccessDeniedException";
    expect(await fill(event("s1"))).toEqual([{ sub: "s1" }]);
    expect(troubles.of(ARN)).toEqual([
      { call: "ListUsers", error: "AccessDeniedException", since: new Date(time.now()).toISOString() },
    ]);
    for (let at = 0; at < 20; at++) expect(await fill(event("s2"))).toEqual([{ sub: "s2" }]);
    expect(pool.asked).toEqual(["s1"]);
    expect(await metrics()).toContain('poolcast_unidentified_total{reason="failing"} 20');
    await time.pass(1000);
    await time.pass(1999);
    expect(pool.asked).toHaveLength(2);
    await time.pass(1);
    expect(pool.asked).toHaveLength(3);
    pool.refusal = "ExpiredTokenException";
    await time.pass(4000);
    expect(troubles.of(ARN)).toMatchObject([{ error: "ExpiredTokenException" }]);
    pool.refusal = undefined;
    await time.pass(8000);
    expect(troubles.of(ARN)).toEqual([]);
    expect(await fill(event("s2"))).toEqual([{ sub: "s2", username: "bo" }]);
  });

  it("end with the gateway", async () => {
    const { identity, fill, pool, time } = createKit();
    pool.refusal = "AccessDeniedException";
    await fill(event("s1"));
    identity.stop();
    await time.pass(3_600_000);
    expect(pool.asked).toEqual(["s1"]);
  });
});

describe("a call budget", () => {
  it("saves up no more than its burst", () => {
    const clock = createFakeClock();
    const budget = createCallBudget({ perSecond: 10, burst: 3, clock: clock.now });
    clock.advance(3_600_000);
    const turns = () => Array.from({ length: 5 }, () => budget.reserve(1000));
    expect(turns()).toEqual([0, 0, 0, 100, 200]);
    clock.advance(10_000);
    expect(turns()).toEqual([0, 0, 0, 100, 200]);
  });

  it("gives no turn to who will not wait, and keeps none for him", () => {
    const clock = createFakeClock();
    const budget = createCallBudget({ perSecond: 10, burst: 1, clock: clock.now });
    expect([budget.reserve(0), budget.reserve(99), budget.reserve(99), budget.reserve(100)]).toEqual([
      0,
      undefined,
      undefined,
      100,
    ]);
  });

  it("makes nobody wait for a clock that was set back", () => {
    const clock = createFakeClock();
    const budget = createCallBudget({ perSecond: 10, burst: 1, clock: clock.now });
    budget.reserve(0);
    clock.advance(-3_600_000);
    expect(budget.reserve(1000)).toBe(100);
  });
});
