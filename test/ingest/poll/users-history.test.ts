/**
 * Random histories of a pool, with users who come, change and go while pages are read, requests that fail and gateways
 * that are killed: whoever starts from the baseline and applies the events has the pool's users in the end.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Broker } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import type { PollFaultCode } from "../../../src/ingest/poll/fault.ts";
import { knownUsersOf, remembered } from "../../../src/ingest/poll/known-users.ts";
import { readUsersCheckpoint } from "../../../src/ingest/poll/users-checkpoint.ts";
import { toUserSnapshot, type UserSnapshot } from "../../../src/mappers/user-snapshot.ts";
import { createFakeClock } from "../../suites/broker/fake-clock.ts";
import { DEFAULT_LIMITS } from "../../suites/broker/harness.ts";
import { openTestSqliteBroker } from "../../support/sqlite-broker.ts";
import { createFakePool, type FakePool, type PoolUser } from "../../support/user-pool.ts";
import { openUsersKit, POOL_ARN, type SeenEvent, type UsersKit } from "../../support/users-kit.ts";

const SUBS = 12;
const PAGE = 3;

type Act =
  | { readonly kind: "create" | "remove" | "touch"; readonly sub: number }
  | { readonly kind: "enable"; readonly sub: number; readonly enabled: boolean }
  | { readonly kind: "confirm"; readonly sub: number }
  | { readonly kind: "attribute"; readonly sub: number; readonly value: string };

interface Step {
  /** 0: in the millisecond of the act before. */
  readonly afterMs: number;
  readonly act: Act;
}

interface Scan {
  /** What happens before each page is made. */
  readonly pages: readonly (readonly Step[])[];
  /** The page that fails, and how; `kill` means that the process is gone. */
  readonly end?: { readonly page: number; readonly how: PollFaultCode | "kill" | "kill_in_commit" } | undefined;
}

const sub = fc.nat(SUBS - 1);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("create" as const, "create" as const, "remove" as const), sub }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("touch" as const), sub }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("enable" as const), sub, enabled: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("confirm" as const), sub }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("attribute" as const), sub, value: fc.constantFrom("x", "y") }),
  },
);
const step: fc.Arbitrary<Step> = fc.record({ afterMs: fc.constantFrom(0, 1, 40_000), act });
const steps = fc.array(step, { maxLength: 4, size: "max" });
const scan: fc.Arbitrary<Scan> = fc.record({
  pages: fc.array(steps, { maxLength: 5, size: "max" }),
  end: fc.option(
    fc.record({
      page: fc.nat(5),
      how: fc.constantFrom("invalid_token", "throttled", "access_denied", "kill", "kill_in_commit"),
    }),
    { nil: undefined, freq: 3 },
  ),
});
interface History {
  readonly before: readonly Step[];
  readonly backfill: boolean;
  readonly scans: readonly Scan[];
}

const history: fc.Arbitrary<History> = fc.record({
  before: fc.array(step, { maxLength: 12, size: "max" }),
  backfill: fc.boolean(),
  scans: fc.array(scan, { maxLength: 8, size: "max" }),
});

/** A sub never comes back: who is created under the same number again is somebody else. */
function createActor(pool: FakePool, advance: (ms: number) => void) {
  const lives = new Map<number, number>();
  const subOf = (number: number) => `u${number}.${lives.get(number) ?? 0}`;
  return ({ afterMs, act }: Step) => {
    advance(afterMs);
    const sub = subOf(act.sub);
    switch (act.kind) {
      case "create":
        if (!pool.users.has(sub)) pool.create(sub);
        break;
      case "remove":
        if (!pool.users.has(sub)) break;
        pool.remove(sub);
        lives.set(act.sub, (lives.get(act.sub) ?? 0) + 1);
        break;
      case "touch":
        pool.change(sub, {});
        break;
      case "enable":
        if (pool.users.get(sub)?.Enabled !== act.enabled) pool.change(sub, { Enabled: act.enabled });
        break;
      case "confirm":
        pool.change(sub, { UserStatus: "CONFIRMED" });
        break;
      case "attribute":
        pool.setAttribute(sub, "email", act.value);
        break;
    }
  };
}

function apply(users: Map<string, UserSnapshot | undefined>, { kind, sub, data }: SeenEvent): void {
  const known = users.get(sub);
  if (kind === "created") {
    expect(known, `${sub} was there`).toBeUndefined();
    users.set(sub, data.user as UserSnapshot);
  } else {
    expect(known, `${kind} of nobody: ${sub}`).toBeDefined();
    if (kind === "deleted") {
      users.delete(sub);
      return;
    }
    for (const { path, from, to } of data.changes ?? []) {
      expect(memberOf(known, path)).toBe(from);
      expect(memberOf(data.user as UserSnapshot, path)).toBe(to);
    }
    expect(data.changes?.length).toBeGreaterThan(0);
    users.set(sub, data.user as UserSnapshot);
  }
}

function memberOf(user: UserSnapshot | undefined, path: string): unknown {
  if (path.startsWith("attributes.")) return user?.attributes?.[path.slice("attributes.".length)];
  return user?.[path as "status" | "enabled" | "modifiedAt"];
}

async function rememberedUsers(broker: Broker): Promise<Map<string, UserSnapshot | undefined>> {
  const { entries } = await broker.scanState({ collection: knownUsersOf(POOL_ARN), limit: 1000 });
  return new Map(entries.flatMap(remembered).map(({ known }) => [known.user.sub, known.user]));
}

function usersOf(pool: FakePool): ReadonlyMap<string, UserSnapshot | undefined> {
  return new Map([...pool.users].map(([sub, user]: [string, PoolUser]) => [sub, toUserSnapshot(user)]));
}

interface Store {
  broker: Broker;
  /** What a killed process leaves behind. */
  reopen(): Promise<Broker>;
  cleanup(): Promise<void>;
}

function memoryStore(now: () => number): Store {
  const broker = createMemoryBroker({ clock: now, ...DEFAULT_LIMITS });
  return { broker, reopen: async () => broker, cleanup: () => broker.close() };
}

function sqliteStore(now: () => number): Store {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-users-"));
  const open = () => openTestSqliteBroker({ path: join(directory, "poolcast.db"), clock: now });
  const store: Store = {
    broker: open(),
    async reopen() {
      await store.broker.close();
      store.broker = open();
      return store.broker;
    },
    async cleanup() {
      await store.broker.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return store;
}

async function play(store: Store, clock: ReturnType<typeof createFakeClock>, tale: History): Promise<void> {
  const pool = createFakePool(clock.now, PAGE);
  const happen = createActor(pool, clock.advance);
  for (const one of tale.before) happen(one);

  let kit: UsersKit;
  let killed = false;
  let cutCommit = false;
  const append: Broker["append"] = async (params) => {
    // A dead process commits nothing; what it had handed over when it died may have been committed.
    if (killed && !cutCommit) throw new Error("killed");
    const outcomes = await store.broker.append(params);
    if (cutCommit) throw new Error("killed");
    return outcomes;
  };
  const open = () =>
    openUsersKit({ broker: store.broker, clock, listUsers: pool.listUsers, backfill: tale.backfill, turn: { append } });
  kit = await open();
  const users = new Map<string, UserSnapshot | undefined>();
  let isBaseline = !tale.backfill;

  async function scanOnce({ pages, end }: Scan): Promise<void> {
    const first = pool.requests() + 1;
    pool.beforePage((request) => {
      const page = request - first;
      for (const one of pages[page] ?? []) happen(one);
      if (end?.page !== page) return undefined;
      if (end.how === "kill" || end.how === "kill_in_commit") {
        killed = true;
        cutCommit = end.how === "kill_in_commit";
        return cutCommit ? undefined : { code: "stopped", error: "stopped" };
      }
      return { code: end.how, error: end.how };
    });
    await kit.scan().catch(() => undefined);
    if (killed) {
      killed = cutCommit = false;
      await store.reopen();
      kit = await open();
    }
    const events = await kit.events();
    if (isBaseline) expect(events).toEqual([]);
    for (const event of events) apply(users, event);
    const seen = events.map((event) => event.sub);
    if (isBaseline && (await readUsersCheckpoint(store.broker, POOL_ARN)).scans > 0) {
      for (const [sub, user] of await rememberedUsers(store.broker)) users.set(sub, user);
      isBaseline = false;
    }
    // A scan that was killed begins anew, one whose token expired within itself.
    if (end?.how !== "invalid_token") expect(new Set(seen).size).toBe(seen.length);
    clock.advance(60_000);
  }

  for (const one of tale.scans) await scanOnce(one);
  for (let quiet = 0; quiet < 3; quiet++) await scanOnce({ pages: [] });
  expect(users).toEqual(usersOf(pool));
  const settled = await rememberedUsers(store.broker);
  for (const [sub, user] of usersOf(pool)) expect(settled.get(sub)).toEqual(user);
}

describe.each([
  ["memory", memoryStore, 400],
  ["sqlite", sqliteStore, 40],
] as const)("over %s", (_, openStore, numRuns) => {
  it("the events since the baseline make the pool as it is", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (tale) => {
        const clock = createFakeClock();
        const store = openStore(clock.now);
        try {
          await play(store, clock, tale);
        } finally {
          await store.cleanup();
        }
      }),
      { numRuns },
    );
  }, 120_000);
});
