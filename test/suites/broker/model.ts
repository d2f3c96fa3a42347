import fc from "fast-check";
import { expect } from "vitest";
import { type Broker, brokerFailureCode, type DeadLetter, type Settlement } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { decodeAttributes } from "../../../src/core/event.ts";
import { eventId, newEvent } from "./events.ts";
import { type BrokerBackend, DEFAULT_LIMITS, type Scenario, type Stage, withStage } from "./harness.ts";
import {
  crashingHistory,
  longHistory,
  MODEL_SUBSCRIPTIONS,
  type ModelEvent,
  type ModelOp,
  type ModelSubscription,
  type ModelVerdict,
  shortHistory,
} from "./model-ops.ts";
import { deadIds, purgeAll } from "./steps.ts";

/** The same claim under the names that the broker and the model have for it. */
interface Pair {
  readonly real: string;
  readonly model: string;
}

/** Ends the runs on a slow store, and the search for a smaller counterexample, before the test's own timeout does. */
const MODEL_TIME_MS = 20_000;

const NAMES: readonly ModelSubscription[] = ["plain", "keyed", "requeued"];
const NO_LIMIT = 1000;
const STATE = "model";

/** A broker and the memory broker, to which the same things happen under the same clock. */
async function createDuel(stage: Stage) {
  const model = createMemoryBroker({ clock: stage.now, ...stage.limits });
  const handles: Broker[] = [stage.broker];
  if (stage.broker.capabilities.shared) handles.push(await stage.second());
  const tokens: Record<ModelSubscription, Pair[]> = { plain: [], keyed: [], requeued: [] };
  /** Since each subscription was made. How far past its last hit a claim looks is the broker's own affair. */
  const misses = { real: noMisses(), model: noMisses() };
  let appended = 0;

  function real(via = 0): Broker {
    return handles[via % handles.length] ?? stage.broker;
  }

  /** Asks both the same and holds the answers against each other. */
  async function both<T>(ask: (broker: Broker) => Promise<T>, via = 0): Promise<void> {
    expect(await ask(real(via))).toEqual(await ask(model));
  }

  async function append(events: readonly ModelEvent[], via: number): Promise<void> {
    const fresh = events.map(({ dedupeKey, partitionKey, type }) => {
      appended += 1;
      return newEvent({ id: `e${appended}`, type, dedupeKey, ...(partitionKey === undefined ? {} : { partitionKey }) });
    });
    await both((broker) => broker.append({ events: fresh }), via);
  }

  async function claim(step: Extract<ModelOp, { op: "claim" }>): Promise<void> {
    const { via, subscription, leaseMs } = step;
    const limit = subscription === "requeued" ? NO_LIMIT : step.limit;
    const params = { subscription, limit, leaseMs, ...MODEL_SUBSCRIPTIONS[subscription] };
    const expected = await model.claim(params);
    const actual = await real(via).claim(params);
    const shown = ({ deliveries }: typeof actual) =>
      deliveries.map((one) => {
        const { attempt, recordedAtMs, agedFromMs } = one;
        return { id: eventId(one), attempt, recordedAtMs, agedFromMs };
      });
    expect(shown(actual)).toEqual(shown(expected));
    misses.real[subscription] += actual.filtered;
    misses.model[subscription] += expected.filtered;
    // A full answer may say more too often; one that is not full must not, or its caller asks for ever.
    if (expected.more || expected.deliveries.length < limit) expect(actual.more).toBe(expected.more);
    for (const [at, { token }] of actual.deliveries.entries()) {
      tokens[subscription].push({ real: token, model: expected.deliveries[at]?.token ?? "" });
    }
  }

  async function settle({ via, subscription, picks }: Extract<ModelOp, { op: "settle" }>): Promise<void> {
    const chosen = picks.flatMap(({ back, verdict }) => {
      const pair = tokens[subscription].at(-1 - back);
      return pair === undefined ? [] : [{ pair, verdict: absolute(verdict, stage.now()) }];
    });
    const batch = (side: keyof Pair): Settlement[] =>
      chosen.map(({ pair, verdict }) => ({ token: pair[side], verdict }));
    const expected = await model.settle({ subscription, settlements: batch("model") });
    expect(await real(via).settle({ subscription, settlements: batch("real") })).toEqual(expected);
  }

  async function drain(subscription: ModelSubscription, verdict: ModelVerdict): Promise<void> {
    const before = tokens[subscription].length;
    await claim({ op: "claim", via: 0, subscription, limit: NO_LIMIT, leaseMs: 1000 });
    const picks = tokens[subscription].slice(before).map((_, back) => ({ back, verdict }));
    await settle({ op: "settle", via: 1, subscription, picks });
  }

  async function remove(subscription: ModelSubscription): Promise<void> {
    const expected = await model.removeSubscription({ subscription });
    const actual = await real().removeSubscription({ subscription });
    expect(actual.dropped + misses.real[subscription]).toBe(expected.dropped + misses.model[subscription]);
    misses.real[subscription] = 0;
    misses.model[subscription] = 0;
  }

  /** After claims that leave nothing unjudged, since an unjudged miss stays. */
  async function purge(): Promise<void> {
    for (const subscription of NAMES) await claim({ op: "claim", via: 0, subscription, limit: NO_LIMIT, leaseMs: 500 });
    await both(purgeAll);
  }

  async function requeue(subscription: ModelSubscription, every: number): Promise<void> {
    await both(async (broker) => {
      const letters = await broker.listDead({ subscription, limit: 1000 });
      const positions = letters.filter((_, at) => at % every === 0).map(({ position }) => position);
      return broker.requeueDead({ subscription, positions });
    });
  }

  async function dropDead(subscription: ModelSubscription, every: number): Promise<void> {
    await both(async (broker) => {
      const letters = await broker.listDead({ subscription, limit: 1000 });
      const positions = letters.filter((_, at) => at % every === 0).map(({ position }) => position);
      return broker.dropDead({ subscription, positions });
    });
  }

  /** Hits alone: whether a miss at the end of the log was looked at is the broker's own affair. */
  async function redeliver({ via, subscription, every }: Extract<ModelOp, { op: "redeliver" }>): Promise<void> {
    await both(async (broker) => {
      const { events } = await broker.readLog({ range: {}, limit: 1000 });
      const hits = events.filter((one) => decodeAttributes(one.event).type === "hit");
      const chosen = hits.filter((_, at) => at % every === 0);
      const put = await broker.redeliver({ subscription, positions: chosen.map(({ position }) => position) });
      return { ids: chosen.map(eventId), put };
    }, via);
  }

  async function listDead(subscription: ModelSubscription, skip: number, limit: number): Promise<void> {
    await both(async (broker) => {
      const skipped = skip === 0 ? [] : await broker.listDead({ subscription, limit: skip });
      const after = skipped.at(-1)?.position;
      const letters = await broker.listDead({ subscription, limit, ...(after === undefined ? {} : { after }) });
      return letters.map(withoutPosition);
    });
  }

  /** An event goes along, so that it is seen that neither comes without the other. */
  async function writeState({ via, key, value, guess }: Extract<ModelOp, { op: "writeState" }>): Promise<void> {
    appended += 1;
    const events = [newEvent(`state${appended}`)];
    const known = await model.getState({ collection: STATE, keys: [key] });
    const ifVersion = guess === null ? undefined : (known[0]?.version ?? 0) + guess;
    const state = [{ collection: STATE, key, value, ...(ifVersion !== undefined && { ifVersion }) }];
    await both((broker) => broker.append({ events, state }).catch(brokerFailureCode), via);
  }

  async function play(step: ModelOp): Promise<void> {
    switch (step.op) {
      case "append":
        return append(step.events, step.via);
      case "ensure":
        return both((broker) => broker.ensureSubscription(step));
      case "remove":
        return remove(step.subscription);
      case "claim":
        return claim(step);
      case "settle":
        return settle(step);
      case "drain":
        return drain(step.subscription, step.verdict);
      case "requeue":
        return requeue(step.subscription, step.every);
      case "dropDead":
        return dropDead(step.subscription, step.every);
      case "redeliver":
        return redeliver(step);
      case "listDead":
        return listDead(step.subscription, step.skip, step.limit);
      case "writeState":
        return writeState(step);
      case "advance":
        return stage.advance(step.ms);
      case "purge":
        return purge();
      case "crash":
        handles[0] = await stage.crash(handles[0]);
    }
  }

  /** What can be seen of both without changing anything. */
  async function compare(): Promise<void> {
    const [actual, expected] = await Promise.all([observe(real(), misses.real), observe(model, misses.model)]);
    const { due: actualDue, ...actualRest } = actual;
    const { due: expectedDue, ...expectedRest } = expected;
    expect(actualRest).toEqual(expectedRest);
    for (const [at, name] of NAMES.entries()) expectDue(name, actualDue[at] ?? null, expectedDue[at] ?? null);
  }

  return { play, compare };
}

function noMisses(): Record<ModelSubscription, number> {
  return { plain: 0, keyed: 0, requeued: 0 };
}

async function observe(broker: Broker, misses: Readonly<Record<string, number>>) {
  const [{ events, subscriptions }, names, state, due, dead] = await Promise.all([
    broker.stats(),
    broker.listSubscriptions(),
    broker.scanState({ collection: STATE, limit: 100 }),
    Promise.all(NAMES.map((subscription) => broker.nextDueAt({ subscription }))),
    Promise.all(NAMES.map((subscription) => deadIds(broker, subscription))),
  ]);
  const counts = Object.fromEntries(
    subscriptions.map(({ subscription, pending, leased, dead: letters }) => [
      subscription,
      { pendingOrMissed: pending + (misses[subscription] ?? 0), leased, letters },
    ]),
  );
  const entries = state.entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { events, counts, names, entries, due, dead };
}

/**
 * What a key holds back, and what may yet miss the filters, may count as due: that costs a claim in vain. Never too
 * late, and never nothing where there is something.
 */
function expectDue(name: ModelSubscription, actual: number | null, expected: number | null): void {
  if (name === "plain" || actual === null || expected === null) {
    if (name === "plain" || actual !== 0) expect({ name, due: actual }).toEqual({ name, due: expected });
  } else {
    expect(actual, name).toBeLessThanOrEqual(expected);
  }
}

function absolute(verdict: ModelVerdict, nowMs: number): Settlement["verdict"] {
  return verdict.kind === "retry" ? { kind: "retry", atMs: nowMs + verdict.inMs, counts: verdict.counts } : verdict;
}

/** Positions are each broker's own. */
function withoutPosition({ reason, detail, attempt, diedAtMs, recordedAtMs, event }: DeadLetter) {
  return { id: eventId({ event }), reason, detail, attempt, diedAtMs, recordedAtMs };
}

export function modelTests(it: Scenario, backend: BrokerBackend): void {
  async function holdAgainstModel(histories: fc.Arbitrary<readonly ModelOp[]>): Promise<void> {
    const property = fc.asyncProperty(histories, (ops) =>
      withStage(backend, DEFAULT_LIMITS, async (stage) => {
        const duel = await createDuel(stage);
        for (const op of ops) {
          await duel.play(op);
          await duel.compare();
        }
      }),
    );
    await fc.assert(property, { numRuns: backend.modelRuns ?? 100, interruptAfterTimeLimit: MODEL_TIME_MS });
  }

  it("does what the memory broker does in any history of appends, claims, verdicts and dead letters", () =>
    holdAgainstModel(shortHistory));

  it("does what the memory broker does over weeks with purges", () => holdAgainstModel(longHistory));

  it("does what the memory broker does, which never crashes", () => holdAgainstModel(crashingHistory), {
    needs: "durable",
  });
}
