/** What goes into a broker's methods and comes out of them: plain data. */
import type { Bounds } from "../core/bounds.ts";
import type { EncodedEvent } from "../core/event.ts";
import type { Filter } from "../core/filter.ts";
import type { PositionFormat } from "../core/position.ts";
import type { BrokerFailureCode } from "./broker-failure.ts";

export interface BrokerCapabilities {
  readonly kind: "memory" | "sqlite" | "redis" | "durable-object";
  /** Several processes may open one store at the same time. */
  readonly shared: boolean;
  /** A store outlives its process. */
  readonly durable: boolean;
  readonly positions: PositionFormat;
  /**
   * Of a shared store where each look is paid for: who looks for what others did may pause so long, in ms. Absent: a
   * second. What this handle appended, and what comes due, waits for no look.
   */
  readonly longestPollMs?: number;
}

export interface NewEvent {
  /** What makes two events the same fact; any text. Brokers keep a hash of it. */
  readonly dedupeKey: string;
  /** The event's own `partitionkey` attribute, where a broker on a shared log finds it again. Absent: unordered. */
  readonly partitionKey?: string | undefined;
  /** The event's own `type` attribute, so that nobody has to look for it again. */
  readonly type: string;
  readonly event: EncodedEvent;
}

export interface AppendParams {
  readonly events: readonly NewEvent[];
  readonly state?: readonly StateWrite[];
}

/**
 * A small record beside the log, of whoever makes events: how far a poll has looked, work that is not done, who does
 * it. Nothing but its writer ever ends it.
 */
export interface StateEntry {
  readonly key: string;
  readonly value: string;
  /** 1 when it is first written, one higher with each write. A key that was deleted begins anew. */
  readonly version: number;
}

/** One key stands in one write of an append at most. */
export interface StateWrite {
  /** Letters, digits, `.`, `-`, `_`, `:` and `/`. */
  readonly collection: string;
  /** Any text. */
  readonly key: string;
  /** Null deletes. At most 256 KiB. */
  readonly value: string | null;
  /** Write only where the entry has this version; 0: only where there is none. */
  readonly ifVersion?: number;
}

export interface GetStateParams {
  readonly collection: string;
  readonly keys: readonly string[];
}

export interface ScanStateParams {
  readonly collection: string;
  readonly after?: string;
  readonly limit: number;
}

export interface StatePage {
  readonly entries: readonly StateEntry[];
  readonly next?: string;
}

export type AppendOutcome = "stored" | "duplicate";

export interface EnsureSubscriptionParams {
  readonly subscription: string;
  readonly start: "earliest" | "latest";
}

export interface RemoveSubscriptionParams {
  readonly subscription: string;
  readonly unlessKeptWithinMs?: number;
}

export interface NextDueAtParams {
  readonly subscription: string;
  /** As they are claimed with. */
  readonly filters?: readonly Filter[];
}

export interface ClaimParams {
  readonly subscription: string;
  readonly filters: readonly Filter[];
  /** New events outside of them miss, whatever the filters say. */
  readonly bounds?: Bounds | undefined;
  readonly limit: number;
  readonly leaseMs: number;
  readonly ordering: "none" | "key";
}

export interface Claim {
  readonly deliveries: readonly Delivery[];
  readonly more: boolean;
  /** How many new events missed the filters in this call. */
  readonly filtered: number;
  /** What became a dead letter in this call, since it could not be offered. */
  readonly died?: readonly DeadOnArrival[];
}

export interface DeadOnArrival {
  readonly position: string;
  readonly reason: /** An entry of the log that holds no CloudEvent. */
    | "invalid_event"
    /** Somebody else removed the event before it was settled. */
    | "payload_trimmed";
  readonly detail: string;
}

export interface Delivery {
  readonly token: string;
  /** Where the event stands in the log; see `BrokerCapabilities`. */
  readonly position: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly recordedAtMs: number;
  /** From when its age counts: when it was recorded, or when it was put back last. */
  readonly agedFromMs: number;
  readonly event: EncodedEvent;
}

export type SettleVerdict =
  | { readonly kind: "delivered" }
  /** Offered again from `atMs` on; `counts: false` takes the attempt back. */
  | { readonly kind: "retry"; readonly atMs: number; readonly counts: boolean }
  /** Offered again at once; the attempt is taken back. */
  | { readonly kind: "release" }
  | { readonly kind: "dropped"; readonly reason: string }
  /** `forward`: it is to be sent somewhere else, too; a text of up to 4 KiB for whoever does that. */
  | { readonly kind: "dead"; readonly reason: string; readonly detail?: string; readonly forward?: string };

export interface Settlement {
  readonly token: string;
  readonly verdict: SettleVerdict;
}

export interface SettleParams {
  readonly subscription: string;
  readonly settlements: readonly Settlement[];
}

export interface ListDeadParams {
  readonly subscription: string;
  readonly after?: string;
  readonly limit: number;
}

export interface DeadLetter {
  readonly position: string;
  readonly reason: string;
  readonly detail?: string | undefined;
  readonly attempt: number;
  readonly diedAtMs: number;
  readonly recordedAtMs: number;
  readonly event: EncodedEvent;
}

export interface ClaimForwardsParams {
  readonly subscription: string;
  readonly limit: number;
  readonly leaseMs: number;
}

/** A dead letter on its way to somewhere else. */
export interface Forward extends DeadLetter {
  readonly token: string;
  /** Of forwarding it; 1 for the first. */
  readonly tries: number;
  /** As it was given when the event died. */
  readonly note: string;
}

export type ForwardVerdict =
  /** It is forwarded no more: it was taken, or given up. */
  | { readonly kind: "done" }
  /** As those of `settle`. */
  | Extract<SettleVerdict, { readonly kind: "retry" | "release" }>;

export interface SettleForwardsParams {
  readonly subscription: string;
  readonly settlements: readonly { readonly token: string; readonly verdict: ForwardVerdict }[];
}

/** Which events of the log: those for which all of it holds. Bounds are part of the range. */
export interface LogRange {
  /** By the time at which they were stored, in epoch ms. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly fromPosition?: string | undefined;
  readonly toPosition?: string | undefined;
}

export interface ReadLogParams {
  readonly range: LogRange;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface LoggedEvent {
  readonly position: string;
  readonly recordedAtMs: number;
  readonly event: EncodedEvent;
}

export interface LogPage {
  readonly events: readonly LoggedEvent[];
  readonly next?: string;
}

export interface Replacement {
  readonly position: string;
  readonly partitionKey?: string | undefined;
  readonly event: EncodedEvent;
}

export interface RedeliverParams {
  readonly subscription: string;
  readonly positions: readonly string[];
  readonly state?: readonly StateWrite[];
}

export interface SubscriptionStats {
  readonly subscription: string;
  /** Unsettled events, of which some may yet miss the filters. */
  readonly pending: number;
  /** Those of them under a lease now. */
  readonly leased: number;
  readonly dead: number;
  /** Those of them that are still to be forwarded. */
  readonly forwards: number;
}

export interface BrokerStats {
  /** Events in the log. */
  readonly events: number;
  readonly bytes: number;
  readonly subscriptions: readonly SubscriptionStats[];
  /** How often it was noticed that somebody else had removed events from a log that others may write to. */
  readonly foreignTrims?: number;
}

export interface BrokerHealth {
  readonly writable: boolean;
  /** One sentence for an operator: what a commit means on this store. */
  readonly persistence: string;
  readonly code?: BrokerFailureCode;
  /** What is wrong though it works, each a sentence for an operator. */
  readonly warnings?: readonly string[];
}

export interface BrokerNotice {
  /** All or part of the store is gone: events may be lost or come twice. */
  readonly kind: "store_lost";
  /** The same for the same loss, on all handles. */
  readonly id: string;
  /** A sentence for an operator. */
  readonly reason: string;
}

/** The types of the events that were stored, as `onAppend` tells them. */
export function storedTypes(events: readonly NewEvent[], outcomes: readonly AppendOutcome[]): ReadonlySet<string> {
  return new Set(events.filter((_, at) => outcomes[at] === "stored").map(({ type }) => type));
}

/** Options every broker takes. */
export interface BrokerLimits {
  readonly dedupeWindowMs: number;
  readonly retentionMs: number;
  readonly deadRetentionMs: number;
  readonly maxBytes: number;
}
