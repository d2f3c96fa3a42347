import fc from "fast-check";
import type { SettleVerdict } from "../../../src/broker/broker.ts";
import type { Filter } from "../../../src/core/filter.ts";
import { HOUR } from "./harness.ts";

const HITS: readonly Filter[] = [{ exact: { type: "hit" } }];

/**
 * How each subscription of the model claims; it does not change, since a claim may judge events it does not offer.
 * With both limits and requeued letters, a key would hold back retries that were due before: since when such a one
 * counts as longest due is nobody's promise. So `keyed` never requeues, and `requeued` claims without a limit.
 */
export const MODEL_SUBSCRIPTIONS = {
  plain: { ordering: "none", filters: [] },
  keyed: { ordering: "key", filters: HITS },
  requeued: { ordering: "key", filters: HITS },
} as const satisfies Record<string, { ordering: "none" | "key"; filters: readonly Filter[] }>;

export type ModelSubscription = keyof typeof MODEL_SUBSCRIPTIONS;

export interface ModelEvent {
  readonly dedupeKey: string;
  readonly partitionKey: string | undefined;
  readonly type: "hit" | "miss";
}

/** A verdict whose time is relative. */
export type ModelVerdict =
  | Exclude<SettleVerdict, { kind: "retry" }>
  | { readonly kind: "retry"; readonly inMs: number; readonly counts: boolean };

/** One thing that happens to a broker. `via` picks the handle, where the store has several. */
export type ModelOp =
  | { readonly op: "append"; readonly via: number; readonly events: readonly ModelEvent[] }
  | { readonly op: "ensure"; readonly subscription: ModelSubscription; readonly start: "earliest" | "latest" }
  | { readonly op: "remove"; readonly subscription: ModelSubscription }
  | {
      readonly op: "claim";
      readonly via: number;
      readonly subscription: ModelSubscription;
      readonly limit: number;
      readonly leaseMs: number;
    }
  /** `back` counts from the token given last, so that most are good and some are long stale. */
  | {
      readonly op: "settle";
      readonly via: number;
      readonly subscription: ModelSubscription;
      readonly picks: readonly { readonly back: number; readonly verdict: ModelVerdict }[];
    }
  /** Claims whatever there is and settles all of it. */
  | { readonly op: "drain"; readonly subscription: ModelSubscription; readonly verdict: ModelVerdict }
  | { readonly op: "requeue"; readonly subscription: ModelSubscription; readonly every: number }
  | { readonly op: "dropDead"; readonly subscription: ModelSubscription; readonly every: number }
  /** Of the events of the log that are hits. */
  | { readonly op: "redeliver"; readonly via: number; readonly subscription: ModelSubscription; readonly every: number }
  | { readonly op: "listDead"; readonly subscription: ModelSubscription; readonly skip: number; readonly limit: number }
  /** `guess` is how far from the entry's version the condition is; null: none is made. */
  | {
      readonly op: "writeState";
      readonly via: number;
      readonly key: string;
      readonly value: string | null;
      readonly guess: number | null;
    }
  | { readonly op: "advance"; readonly ms: number }
  | { readonly op: "crash" }
  | { readonly op: "purge" };

const via = fc.nat({ max: 1 });
const subscription = fc.constantFrom<ModelSubscription>("plain", "keyed", "requeued");

const event: fc.Arbitrary<ModelEvent> = fc.record({
  dedupeKey: fc.nat({ max: 60 }).map((key) => `k${key}`),
  partitionKey: fc.constantFrom(undefined, "a", "b", "c"),
  type: fc.constantFrom("hit", "hit", "miss"),
});

const verdict: fc.Arbitrary<ModelVerdict> = fc.oneof(
  fc.constant<ModelVerdict>({ kind: "delivered" }),
  fc.record({
    kind: fc.constant("retry" as const),
    inMs: fc.constantFrom(-1000, 0, 500, 1000, 4000),
    counts: fc.boolean(),
  }),
  fc.constant<ModelVerdict>({ kind: "release" }),
  fc.constant<ModelVerdict>({ kind: "dropped", reason: "expired" }),
  fc.constantFrom<ModelVerdict>({ kind: "dead", reason: "plain" }, { kind: "dead", reason: "detailed", detail: "404" }),
);

const append: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("append"),
  via,
  events: fc.array(event, { minLength: 1, maxLength: 5 }),
});
const ensure: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("ensure"),
  subscription,
  start: fc.constantFrom("earliest", "latest"),
});
const remove: fc.Arbitrary<ModelOp> = fc.record({ op: fc.constant("remove"), subscription });
const claim: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("claim"),
  via,
  subscription,
  limit: fc.integer({ min: 1, max: 6 }),
  leaseMs: fc.constantFrom(500, 1000, 5000),
});
const settle: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("settle"),
  via,
  subscription,
  picks: fc.array(fc.record({ back: fc.nat({ max: 15 }), verdict }), { minLength: 1, maxLength: 5 }),
});
const drain: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("drain"),
  subscription,
  verdict: fc.constantFrom<ModelVerdict>({ kind: "delivered" }, { kind: "dead", reason: "drained" }),
});
const requeue: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("requeue"),
  subscription: fc.constantFrom("plain", "requeued"),
  every: fc.integer({ min: 1, max: 3 }),
});
const dropDead: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("dropDead"),
  subscription,
  every: fc.integer({ min: 1, max: 3 }),
});
const redeliver: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("redeliver"),
  via,
  subscription: fc.constantFrom("plain", "requeued"),
  every: fc.integer({ min: 1, max: 4 }),
});
const listDead: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("listDead"),
  subscription,
  skip: fc.nat({ max: 3 }),
  limit: fc.integer({ min: 1, max: 4 }),
});
const writeState: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("writeState"),
  via,
  key: fc.constantFrom("a", "b"),
  value: fc.constantFrom(null, "x", "y"),
  guess: fc.constantFrom(null, 0, 0, 1),
});
const advance: fc.Arbitrary<ModelOp> = fc.record({
  op: fc.constant("advance"),
  ms: fc.constantFrom(1, 499, 500, 1000, 5000),
});

const daily = [
  { weight: 6, arbitrary: append },
  { weight: 2, arbitrary: ensure },
  { weight: 10, arbitrary: claim },
  { weight: 9, arbitrary: settle },
  { weight: 5, arbitrary: advance },
  { weight: 1, arbitrary: drain },
  { weight: 1, arbitrary: requeue },
  { weight: 1, arbitrary: dropDead },
  { weight: 2, arbitrary: redeliver },
  { weight: 1, arbitrary: listDead },
  { weight: 2, arbitrary: writeState },
] as const;

/** Every subscription exists and something is there, so that short histories already say something. */
const PROLOGUE: readonly ModelOp[] = [
  { op: "ensure", subscription: "plain", start: "earliest" },
  { op: "ensure", subscription: "keyed", start: "earliest" },
  { op: "ensure", subscription: "requeued", start: "latest" },
];

function history(op: fc.Arbitrary<ModelOp>): fc.Arbitrary<readonly ModelOp[]> {
  return fc.array(op, { minLength: 5, maxLength: 80, size: "max" }).map((ops) => [...PROLOGUE, ...ops]);
}

/** Seconds in the life of a broker. */
export const shortHistory = history(fc.oneof(...daily, { weight: 1, arbitrary: remove }));

/** The same with crashes between. */
export const crashingHistory = history(
  fc.oneof(...daily, { weight: 3, arbitrary: fc.record({ op: fc.constant("crash") }) }),
);

/**
 * Weeks, with purges. The pauses are such that no age comes near a limit of DEFAULT_LIMITS: brokers may keep dedupe
 * keys in coarse buckets.
 */
export const longHistory = history(
  fc.oneof(
    ...daily,
    { weight: 1, arbitrary: remove },
    { weight: 3, arbitrary: drain },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant("advance"), ms: fc.constantFrom(31 * HOUR, 98 * HOUR, 264 * HOUR) }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constant("purge") }) },
  ),
);
