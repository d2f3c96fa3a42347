/**
 * The broker port: a durable, ordered log of events, with the delivery state of each subscription.
 *
 * Everything that crosses it is plain data that survives structured cloning, so that a SQL table, a Redis stream and
 * a Durable Object behind RPC fit alike. There are no callbacks but `onAppend`, which is a hint and nothing more.
 *
 * Duties of every broker:
 * - What `append` reported as stored is never lost again, whatever kills the process afterwards.
 * - An event is offered to every subscription whose start lies before it, until it is settled for that subscription:
 *   delivered, dropped or dead. Nothing but `settle`, a filter miss, `removeSubscription` or `purge` ends it, and
 *   nothing but `requeueDead` and `redeliver` begins it anew.
 * - A claim is a lease. Until `leaseMs` have passed, or the claim is settled, nobody else is offered that event for
 *   that subscription; afterwards somebody is, with `attempt` one higher.
 * - A token is good for one claim. Settling with a token whose lease was lost changes nothing and answers `stale`.
 * - All methods may be called at once, from several handles on one store where `capabilities.shared` says so.
 *
 * Not its duties: to retry, to compute a delay, to decide that an event is dead, to log. Times come in from above.
 *
 * A method rejects only with a `BrokerFailure`; what was asked for then may or may not have happened.
 */
import type {
  AppendOutcome,
  AppendParams,
  BrokerCapabilities,
  BrokerHealth,
  BrokerNotice,
  BrokerStats,
  Claim,
  ClaimForwardsParams,
  ClaimParams,
  DeadLetter,
  EnsureSubscriptionParams,
  Forward,
  GetStateParams,
  ListDeadParams,
  LogPage,
  NextDueAtParams,
  ReadLogParams,
  RedeliverParams,
  RemoveSubscriptionParams,
  Replacement,
  ScanStateParams,
  SettleForwardsParams,
  SettleParams,
  StateEntry,
  StatePage,
} from "./broker-data.ts";

export * from "./broker-data.ts";
export { BrokerFailure, type BrokerFailureCode, brokerFailureCode, isBrokerFailure } from "./broker-failure.ts";

export interface Broker {
  readonly capabilities: BrokerCapabilities;

  /**
   * Stores what is not yet there, in the order given, and resolves when it is durable, with one outcome per event.
   * An event whose `dedupeKey` was stored within the dedupe window, by this call or an earlier one, is a duplicate.
   * All or nothing: when it rejects, the sender may try again, and what had been stored after all comes back as
   * duplicate. Rejects with `broker_full` where the store has reached its limit, which state alone does not meet.
   *
   * `state` is written in the same step, also where every event is a duplicate. Where an `ifVersion` does not hold
   * nothing at all is stored, and it rejects with `state_conflict`.
   */
  append(params: AppendParams): Promise<readonly AppendOutcome[]>;

  /**
   * Makes the subscription known, once: `earliest` sees all that is stored, `latest` only what comes after this call.
   * For a subscription that exists it changes nothing.
   */
  ensureSubscription(params: EnsureSubscriptionParams): Promise<void>;

  /**
   * Says that these subscriptions are wanted: of those that are known it is noted when that was said last, and
   * `ensureSubscription` says it too. Where only one process has the store, nobody asks.
   */
  keepSubscriptions(params: { readonly subscriptions: readonly string[] }): Promise<void>;

  /**
   * Forgets a subscription, its backlog and its dead letters; answers how many unsettled events were dropped. With
   * `unlessKeptWithinMs`, on a store that many may open, one that somebody said to want so lately is left alone: `kept`.
   */
  removeSubscription(params: RemoveSubscriptionParams): Promise<{ readonly dropped: number; readonly kept?: boolean }>;

  /** The names of all subscriptions the store knows. */
  listSubscriptions(): Promise<readonly string[]>;

  /**
   * Leases up to `limit` events that are due: first those whose retry time or lost lease has come, or that their key
   * held back until now, the longest due before the others where there is not room for all; then
   * those never looked at before. Both groups are handed out in log order. A new event is judged by `filters` and `bounds` here, once: a miss is dropped with
   * the reason `filtered` and never offered again, and costs no lease. A broker may look at a bounded number of
   * events a call; `more` says that others are waiting, so an empty answer with `more` means: call again.
   *
   * With `ordering: "key"` no event is offered while an earlier one with the same partition key is unsettled, be it
   * leased or waiting for its retry. Events without a key are not ordered.
   *
   * On a log that others write to, what is no event, or is gone before it was settled, becomes a dead letter here.
   */
  claim(params: ClaimParams): Promise<Claim>;

  /** Ends claims. One outcome per settlement, in order: `ok`, or `stale` where the token is no longer good. */
  settle(params: SettleParams): Promise<readonly ("ok" | "stale")[]>;

  /**
   * When the earliest retry or lease of the subscription falls due, in epoch ms; 0 where something is claimable now,
   * null where nothing is unsettled. May be too early, for what a key holds back or the filters will miss: that costs
   * one claim in vain. Never too late. Of new events that `filters` miss by their type alone, a broker that knows the
   * types takes no notice.
   */
  nextDueAt(params: NextDueAtParams): Promise<number | null>;

  /** Dead letters of a subscription in log order, after `after` (a `position`), at most `limit`. */
  listDead(params: ListDeadParams): Promise<readonly DeadLetter[]>;

  /**
   * Leases up to `limit` dead letters that are to be sent somewhere else: those that died with a `forward` note, until
   * they are settled as `done`, put back, dropped, or let go of by `purge`. The longest due first. Leases and tokens are as
   * those of `claim`, with tries of their own. What cannot be read any more is forwarded no more.
   */
  claimForwards(params: ClaimForwardsParams): Promise<readonly Forward[]>;

  /** Ends claims of `claimForwards`; the dead letter stays one, whatever comes of it. Outcomes as those of `settle`. */
  settleForwards(params: SettleForwardsParams): Promise<readonly ("ok" | "stale")[]>;

  /** When the earliest dead letter that is to be forwarded falls due, in epoch ms; 0: now; null: there is none. */
  nextForwardDueAt(params: { readonly subscription: string }): Promise<number | null>;

  /** The dead letter at this position; null where there is none. */
  getDead(params: { readonly subscription: string; readonly position: string }): Promise<DeadLetter | null>;

  /**
   * Puts dead letters back: claimable at once, with attempts counted from zero and the age from now. Answers how many
   * there were.
   */
  requeueDead(params: { readonly subscription: string; readonly positions: readonly string[] }): Promise<number>;

  /** Ends dead letters for good. Answers how many there were. */
  dropDead(params: { readonly subscription: string; readonly positions: readonly string[] }): Promise<number>;

  /**
   * Events of the log in its order, whatever became of them. At most `limit` of them, and fewer where they are large; a
   * broker may look at a bounded number and find none. `next` tells where to go on; without it the range is at its end.
   * What on a log that others write to is no event is left out.
   */
  readLog(params: ReadLogParams): Promise<LogPage>;

  /**
   * A position that divides the log: what can be read now is at or before it, and what is stored after this call is
   * behind it. So whoever reads up to it, and later goes on behind it, misses nothing. Where the log is empty it may be
   * one at which no event ever stands.
   */
  lastPosition(): Promise<string>;

  /**
   * Offers events to a subscription once more, be they delivered, dropped, filtered or dead: claimable at once, with
   * attempts counted from zero and the age from now. What is unsettled stays as it is; what was never looked at comes
   * anyway. Both, and what is gone from the log, do not count in the answer.
   *
   * `state` is written in the same step, under the same conditions as by `append`.
   */
  redeliver(params: RedeliverParams): Promise<number>;

  /**
   * Puts other events in the place of stored ones, for good: no method answers an old one any more. Each is offered
   * where the old one would have been, at its place in the order, with its attempts; a lease that runs stays good.
   * Events that had one partition key are held back by one another as long as their new ones have one.
   *
   * A log whose entries cannot be changed does it by removing the entry. Where a subscription had not finished with the
   * old event, the new one is then stored at the end of the log for all of them, and leases of the old one end; where it was
   * a dead letter, that stays, without an event, and is forwarded no more. Of a dead letter that is, the note becomes empty:
   * nobody knows what is in it. Answers how many of the positions held an event.
   */
  replaceEvents(params: { readonly replacements: readonly Replacement[] }): Promise<number>;

  /**
   * Makes what was replaced, deleted or purged before unreadable in the files of the store as well. Resolves when it is.
   * May take long, and lets others work meanwhile. Copies that somebody made are out of its reach.
   */
  scrub(): Promise<void>;

  /**
   * Lets go of what is over: events older than `retentionMs` that are settled for every subscription, dead letters
   * older than `deadRetentionMs` (by the time they died), dedupe keys outside the dedupe window. Bounded work per
   * call; `more` asks for another.
   */
  purge(): Promise<{ readonly events: number; readonly deadLetters: number; readonly more: boolean }>;

  /** The entries of a collection under these keys, in any order; one that is not there is left out. */
  getState(params: GetStateParams): Promise<readonly StateEntry[]>;

  /**
   * A part of a collection, about `limit` entries of it, beginning behind `after`, which is the `next` of an earlier
   * answer. Without `next` that was the last part; a part may be empty and have one. What is there from the first call
   * to the last is answered at least once, the order is the broker's own.
   */
  scanState(params: ScanStateParams): Promise<StatePage>;

  /** Counts for metrics and the readiness page. Cheap enough to be asked every few seconds. */
  stats(): Promise<BrokerStats>;

  /** Proves that the store can be written and says how durable it is. */
  check(): Promise<BrokerHealth>;

  /**
   * Calls `listener` after events were appended through this handle, with their types. May be late, may be lost, may be
   * spurious.
   */
  onAppend(listener: (types: ReadonlySet<string>) => void): void;

  /** Calls `listener` when something happened to the store from outside that an operator should know. */
  onNotice(listener: (notice: BrokerNotice) => void): void;

  /** Finishes what was accepted and lets go of the store. Leases stay as they are. */
  close(): Promise<void>;
}
