/**
 * The frame of every poll: scan, pause, scan again, in one gateway at a time. Scans never overlap; the pause begins when
 * a scan has ended. A scan that fails is tried again after a jittered pause that grows to a minute, for as long as it
 * takes, and changes nothing about other polls.
 *
 * A poll brings a `scan` and nothing else:
 * - it commits only by `turn.append`, which is fenced by the lease (hand it to ingest as `step.append`);
 * - it calls `turn.keep()` before each request, and ends with LEASE_LOST where that is false;
 * - it hands `turn.signal` to whatever takes time, and ends soon once that aborts;
 * - it answers with a fault instead of throwing, except that the broker's rejections may pass through it.
 */
import { type Broker, brokerFailureCode, isBrokerFailure } from "../../broker/broker.ts";
import type { Clock, Random } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Labels } from "../../core/metrics.ts";
import type { Result } from "../../core/result.ts";
import { type RetryPolicy, retryDelayMs } from "../../core/retry.ts";
import type { Wait } from "../../core/wait.ts";
import { createLease, type Lease } from "../lease.ts";
import { brokerFault, type PollFault } from "./fault.ts";
import type { PollMetrics } from "./metrics.ts";

export interface PollOptions {
  readonly name: PollName;
  /** What is polled, in logs and metrics, beside the name: account and region, or the pool. Nothing of a user. */
  readonly labels: Labels;
  /** The user pools that this poll is about; /readyz shows its state with each. */
  readonly arns: readonly string[];
  /** Of its lease; the same in every gateway, and no other poll's: `lookupEvents/210987654321/eu-central-1`. */
  readonly key: string;
  /** From the end of a scan to the next. */
  readonly pauseMs: number;
  readonly scan: (turn: PollTurn) => Promise<Result<unknown, PollFault>>;
  /** What this kind of poll has to say at /readyz beside its state. */
  readonly detail?: () => Readonly<Record<string, unknown>>;
}

export type PollName = "lookupEvents" | "listUsers";

export interface PollTurn {
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal;
  /** The broker's append, made only while the lease is ours; else it rejects with `state_conflict`. */
  readonly append: Broker["append"];
  /** Renews the lease where it is time to; false where another gateway has it. Costs nothing most of the time. */
  keep(): Promise<boolean>;
}

export interface PollParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: Wait;
  readonly log: Log;
  readonly metrics: PollMetrics;
  /** Names this process, and no other one. */
  readonly owner: string;
}

export interface Poll {
  readonly name: PollName;
  readonly arns: readonly string[];
  status(): PollStatus;
  /** Ends the scan that is under way where it stands, and lets another gateway take over at once. */
  stop(): Promise<void>;
}

export interface PollStatus {
  /** `standby`: another gateway polls. `failing`: the last scan came to nothing. */
  readonly state: "starting" | "scanning" | "waiting" | "standby" | "failing" | "stopped";
  /** Why, for as long as no scan came to its end since. */
  readonly fault?: PollFault;
  /** When a scan of this gateway last came to its end, in epoch ms. */
  readonly scannedAtMs?: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Longer than the longest request, whose time runs between two calls of `keep`. */
export const LEASE_MS = 60_000;
const RENEW_AFTER_MS = 10_000;
/** How soon the lease of a gateway that died or stopped is noticed to be free. */
const STANDBY_MS = 10_000;

const RETRY: RetryPolicy = {
  retry: Number.POSITIVE_INFINITY,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 60_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
};

/** Full jitter may come to nothing at all. */
const SHORTEST_RETRY_MS = 250;

/** A fault that stays is told again. */
const TELL_AGAIN_MS = 600_000;

export function startPoll(options: PollOptions, parts: PollParts): Poll {
  const { name, labels, pauseMs } = options;
  const { clock, random, wait, log } = parts;
  const metricLabels: Labels = { poll: name, ...labels };
  const lease = leaseOf(options.key, parts);
  const stopping = new AbortController();
  const { signal } = stopping;
  let state: PollStatus["state"] = "starting";
  let fault: PollFault | undefined;
  let failures = 0;
  let toldAtMs = 0;
  let scannedAtMs: number | undefined;
  let heldAtMs = 0;

  const turn: PollTurn = {
    signal,
    async append(params) {
      const outcomes = await lease.append(params);
      heldAtMs = clock();
      return outcomes;
    },
    async keep() {
      const age = clock() - heldAtMs;
      return (age >= 0 && age < RENEW_AFTER_MS) || hold();
    },
  };

  async function hold(forMs?: number): Promise<boolean> {
    const atMs = clock();
    const held = await lease.hold(forMs);
    if (held) heldAtMs = atMs;
    return held;
  }

  async function run(): Promise<void> {
    while (!signal.aborted) await wait(await once(), signal);
    await letGo();
    state = "stopped";
  }

  /** One scan, or the attempt; answers how long to wait for the next. */
  async function once(): Promise<number> {
    try {
      if (!(await hold())) return standBy();
      state = "scanning";
      const result = await options.scan(turn);
      if (signal.aborted) return 0;
      if (!result.ok) return await failed(result.error);
      succeeded();
      // Nobody else needs to look before we do.
      await hold(pauseMs + LEASE_MS);
      return pauseMs;
    } catch (error) {
      return signal.aborted ? 0 : failed(faultOf(error));
    }
  }

  function standBy(): number {
    state = "standby";
    fault = undefined;
    failures = 0;
    return STANDBY_MS;
  }

  function succeeded(): void {
    if (fault) log("info", "a poll works again", { poll: name, ...labels });
    state = "waiting";
    fault = undefined;
    failures = 0;
    scannedAtMs = clock();
    parts.metrics.scans.add(metricLabels);
  }

  async function failed(found: PollFault): Promise<number> {
    // Whoever has the lease now has seen to it.
    if (found.code === "lease_lost") return standBy();
    state = "failing";
    failures += 1;
    parts.metrics.failures.add({ ...metricLabels, code: found.code });
    if (fault?.error !== found.error || clock() - toldAtMs >= TELL_AGAIN_MS) {
      toldAtMs = clock();
      const { code, error } = found;
      log("warn", "a poll fails; nothing is lost, it goes on from where it stood", {
        poll: name,
        ...labels,
        code,
        error,
      });
    }
    fault = found;
    // Another gateway may have better credentials, or a better way to AWS.
    await letGo();
    return Math.max(SHORTEST_RETRY_MS, retryDelayMs(RETRY, failures, random));
  }

  /** A scan that throws has a fault of its own; the others must not pay for it. */
  function faultOf(error: unknown): PollFault {
    const code = brokerFailureCode(error);
    if (code !== "broker_unavailable" || isBrokerFailure(error)) return brokerFault(code);
    log("error", "a poll threw", { poll: name, ...labels, error: String(error) });
    return { code: "internal", error: "internal" };
  }

  /** Where the broker is out of reach the lease ends by itself. */
  async function letGo(): Promise<void> {
    heldAtMs = 0;
    await lease.release().catch(() => {});
  }

  const running = run();
  return {
    name,
    arns: options.arns,
    status: () => ({
      state,
      ...(fault && { fault }),
      ...(scannedAtMs !== undefined && { scannedAtMs }),
      // Who stands by does not know how far the other one is.
      ...(options.detail && state !== "standby" && { detail: options.detail() }),
    }),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** One step after the other, as a lease wants it, whatever a scan does at once. */
function leaseOf(key: string, { broker, clock, owner }: PollParts): Lease {
  // Nobody else can be there, and nobody has to wait for the lease of a process that was killed.
  if (!broker.capabilities.shared) {
    return { hold: async () => true, append: (params) => broker.append(params), release: async () => {} };
  }
  const lease = createLease({ broker, clock, key, owner, leaseMs: LEASE_MS });
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const next = last.then(step, step);
    last = next;
    return next;
  }
  return {
    hold: (forMs) => inTurn(() => lease.hold(forMs)),
    append: (params) => inTurn(() => lease.append(params)),
    release: () => inTurn(() => lease.release()),
  };
}
