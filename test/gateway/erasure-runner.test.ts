/** Erasures as they stand in the broker: gone on with, taken over, tried again. */
import { afterEach, describe, expect, it } from "vitest";
import { type Broker, BrokerFailure, type BrokerFailureCode } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { encodeEvent } from "../../src/core/event.ts";
import type { Rounds } from "../../src/delivery/rounds.ts";
import { createErasures } from "../../src/gateway/erasure-jobs.ts";
import { startErasureRunner } from "../../src/gateway/erasure-runner.ts";
import type { ErasureView } from "../../src/routes/admin-port.ts";
import { LIMITS } from "../support/loop-kit.ts";
import { waitUntil } from "../support/wait.ts";

const POOL = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
const TYPE = "com.amazon.cognito-idp.user.updated";
const SUB = "5f1d8c11-77aa-4a0e-b4a5-0d6b3c7e9f42";

const runners: Rounds[] = [];
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
});

function openKit({ shared = false } = {}) {
  let nowMs = Date.parse("2026-05-04T12:00:00Z");
  const clock = () => nowMs;
  const memory = createMemoryBroker({ clock, ...LIMITS });
  const broker: Broker = { ...memory, capabilities: { ...memory.capabilities, shared } };
  const logged: string[] = [];
  let appended = 0;
  return {
    broker,
    erasures: createErasures({ broker, clock }),
    logged,
    advance(ms: number) {
      nowMs += ms;
    },
    run(disturbed: Partial<Broker> = {}): Rounds {
      const runner = startErasureRunner({
        broker: { ...broker, ...disturbed },
        clock,
        random: () => 1,
        poolArns: () => [POOL],
        forget: () => {},
        log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
      });
      runners.push(runner);
      return runner;
    },
    async append(count: number, user: object = { sub: SUB, username: "quinn.torvik" }) {
      for (let n = 0; n < count; n++) {
        const id = `e${appended++}`;
        const event = encodeEvent(
          { specversion: "1.0", id, source: POOL, type: TYPE },
          "json",
          JSON.stringify({ user }),
        );
        await broker.append({ events: [{ dedupeKey: id, type: TYPE, event }] });
      }
    },
    async stored() {
      const { events } = await broker.readLog({ range: {}, limit: 1000 });
      return events.map(({ event }) => new TextDecoder().decode(event.bytes)).join();
    },
  };
}

type Kit = ReturnType<typeof openKit>;

/** Its view, once it is as it is waited for. */
async function seen({ erasures }: Kit, id: string, is: { readonly state?: string; readonly code?: string }) {
  const find = async () => (await erasures.find(id)) ?? { state: "none", code: undefined };
  const fits = (view: { readonly state: string; readonly code?: string | undefined }) =>
    (is.state === undefined || view.state === is.state) && (is.code === undefined || view.code === is.code);
  await waitUntil(async () => fits(await find()), `the erasure is ${JSON.stringify(is)}`);
  return find();
}

function failing(code: BrokerFailureCode): () => Promise<never> {
  return () => Promise.reject(new BrokerFailure(code, "as the test wants it"));
}

describe("an erasure", () => {
  it("is done, counted, and then known without the sub", async () => {
    const kit = openKit();
    await kit.append(3);
    const { id, sub } = await kit.erasures.start({ sub: SUB, poolArn: POOL });
    expect(sub).toBe(SUB);
    const runner = kit.run();
    const view = await seen(kit, id, { state: "done" });
    expect(view).toEqual({
      id,
      pool: POOL,
      state: "done",
      createdAt: "2026-05-04T12:00:00.000Z",
      finishedAt: "2026-05-04T12:00:00.000Z",
      erased: { pools: [POOL], events: { looked: 3, erased: 3 }, deadLetters: 0, identity: 0, usersPoll: 0 },
    });
    expect(await kit.stored()).not.toContain("quinn");
    const state = await kit.broker.scanState({ collection: "erasures", limit: 10 });
    expect(state.entries).toEqual([]);
    expect(kit.logged.join()).not.toContain(SUB);
    await waitUntil(() => runner.nextDueAt() === null, "nothing is left to do");
  });

  it("is tried again where the broker fails, says why, and counts what the first try found", async () => {
    const kit = openKit();
    await kit.append(2);
    const { id } = await kit.erasures.start({ sub: SUB });
    let scrub = failing("broker_full") as Broker["scrub"];
    const runner = kit.run({ scrub: () => scrub() });
    expect(await seen(kit, id, { code: "broker_full" })).toMatchObject({ state: "running", sub: SUB });
    await waitUntil(() => runner.nextDueAt() === Date.parse("2026-05-04T12:00:01Z"), "the next try is due in a second");
    scrub = kit.broker.scrub;
    kit.advance(1000);
    runner.wake();
    expect(await seen(kit, id, { state: "done" })).toMatchObject({ erased: { events: { looked: 2, erased: 2 } } });
  });

  it("that broke off between two pages still finds what only an erased event told the name of", async () => {
    const kit = openKit();
    await kit.append(1);
    await kit.append(250, { sub: "0d6b3c7e-77aa-4a0e-b4a5-5f1d8c119f42" });
    await kit.append(1, { username: "quinn.torvik" });
    const { id } = await kit.erasures.start({ sub: SUB });
    const replaced: number[] = [];
    let keptAtScrub = "";
    const runner = kit.run({
      async scrub() {
        const { entries } = await kit.broker.scanState({ collection: "erasures", limit: 10 });
        keptAtScrub = entries.map(({ value }) => value).join();
      },
      replaceEvents({ replacements }) {
        replaced.push(replacements.length);
        return replaced.length === 2 ? failing("broker_unavailable")() : kit.broker.replaceEvents({ replacements });
      },
    });
    await seen(kit, id, { code: "broker_unavailable" });
    await waitUntil(() => runner.nextDueAt() === Date.parse("2026-05-04T12:00:01Z"), "the next try is due in a second");
    kit.advance(1000);
    runner.wake();
    await seen(kit, id, { state: "done" });
    expect(replaced).toEqual([1, 1, 1]);
    expect(await kit.stored()).not.toContain("quinn");
    expect(keptAtScrub).toContain(SUB);
    expect(keptAtScrub).not.toContain("quinn");
  });

  it("leaves to the users poll what that wrote meanwhile, but for whom it is about", async () => {
    const kit = openKit();
    await kit.append(1);
    const collection = `users/${POOL}`;
    const write = async (value: object | null) => {
      const text = value && JSON.stringify(value);
      await kit.broker.append({ events: [], state: [{ collection, key: SUB, value: text }] });
    };
    const read = async () =>
      (await kit.broker.getState({ collection, keys: [SUB] })).map(({ value }) => JSON.parse(value));
    const user = { sub: SUB, username: "quinn.torvik" };
    let meanwhile: object | null = { user, ordinal: 7, goneAtMs: 5 };
    const runner = kit.run({
      async readLog(params) {
        await write(meanwhile);
        return kit.broker.readLog(params);
      },
    });

    await write({ user, ordinal: 7 });
    const first = await kit.erasures.start({ sub: SUB });
    runner.wake();
    const { erased } = (await seen(kit, first.id, { state: "done" })) as ErasureView;
    expect(erased?.usersPoll).toBe(1);
    expect(await read()).toEqual([{ user: { sub: SUB }, ordinal: 7, goneAtMs: 5 }]);

    meanwhile = null;
    await write({ user, ordinal: 7 });
    const second = await kit.erasures.start({ sub: SUB });
    runner.wake();
    await seen(kit, second.id, { state: "done" });
    expect(await read()).toEqual([]);
  });

  it("that meets a fault of the gateway is kept as well, and the log does not quote it", async () => {
    const kit = openKit();
    await kit.append(1);
    const { id } = await kit.erasures.start({ sub: SUB });
    kit.run({ readLog: () => Promise.reject(new TypeError("quinn.torvik is not a function")) });
    expect(await seen(kit, id, { code: "internal" })).toMatchObject({ state: "running" });
    expect(kit.logged.join()).toContain("TypeError");
    expect(kit.logged.join()).not.toContain("quinn");
  });

  it("that another gateway has is left to it until its lease is over, and then done", async () => {
    const kit = openKit({ shared: true });
    await kit.append(1);
    const { id } = await kit.erasures.start({ sub: SUB });
    const reached = Promise.withResolvers<void>();
    // It never comes back from here.
    const first = kit.run({
      scrub() {
        reached.resolve();
        return new Promise(() => {});
      },
    });
    runners.splice(runners.indexOf(first), 1);
    await reached.promise;
    const second = kit.run();
    await waitUntil(
      () => second.nextDueAt() === Date.parse("2026-05-04T12:00:01Z"),
      "the other one looks now and then",
    );
    second.wake();
    await waitUntil(() => second.nextDueAt() !== 0, "it has looked");
    expect(await kit.erasures.find(id)).toMatchObject({ state: "running" });
    kit.advance(20_000);
    second.wake();
    expect(await seen(kit, id, { state: "done" })).toMatchObject({ erased: { events: { looked: 1, erased: 1 } } });
  });

  it("goes on elsewhere as soon as its gateway stops", async () => {
    const kit = openKit({ shared: true });
    await kit.append(1);
    const { id } = await kit.erasures.start({ sub: SUB });
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = kit.run({
      async listSubscriptions() {
        reached.resolve();
        await goOn.promise;
        return [];
      },
    });
    await reached.promise;
    const stopped = first.stop();
    goOn.resolve();
    await stopped;
    kit.run();
    expect(await seen(kit, id, { state: "done" })).toMatchObject({ state: "done" });
  });

  it("of a hundred others is still known, and of more no longer", async () => {
    const kit = openKit();
    const ids: string[] = [];
    const runner = kit.run();
    for (let n = 0; n < 102; n++) {
      kit.advance(1000);
      ids.push((await kit.erasures.start({ sub: `user-${n}` })).id);
      runner.wake();
      await seen(kit, ids[n] ?? "", { state: "done" });
    }
    const known = await Promise.all(ids.map((id) => kit.erasures.find(id)));
    expect(known.findIndex((view) => view !== null)).toBe(2);
    expect(known.slice(2)).not.toContain(null);
  });
});
