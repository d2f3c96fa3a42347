/**
 * The LookupEvents poll of one account and Region: reads CloudTrail's event history from where it stopped, with an
 * overlap for records that came late, and commits slice by slice, oldest first, each with the checkpoint behind it.
 * How it is made sure that nothing is missed: docs/decisions/0011-lookup-events.md.
 */
import type { Broker } from "../../broker/broker.ts";
import type { Clock, Random } from "../../core/clock.ts";
import { decodeAttributes } from "../../core/event.ts";
import { isObject, parseJson } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";
import type { Labels } from "../../core/metrics.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Wait } from "../../core/wait.ts";
import type { CommitStep, Ingest } from "../ingest.ts";
import type { Unwrapped } from "../unwrap.ts";
import { type EventHistory, HISTORY_MS, type HistoryEvent, REQUESTS_PER_SECOND } from "./event-history.ts";
import { brokerFault, type PollFault, STOPPED } from "./fault.ts";
import { type Checkpoint, checkpointWrite, readCheckpoint } from "./lookup-checkpoint.ts";
import { FIRST_LENGTH_MS, SHORTEST_MS, type Span } from "./lookup-length.ts";
import type { LookupMetrics } from "./lookup-metrics.ts";
import { createPace } from "./lookup-pace.ts";
import { createSliceQueue } from "./lookup-queue.ts";
import { readSlice } from "./lookup-slice.ts";
import type { PollMetrics } from "./metrics.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { PollTurn } from "./runner.ts";

export interface LookupOptions {
  readonly account: string;
  readonly region: string;
  /** The pools that ask for this poll. */
  readonly arns: readonly string[];
  readonly overlapMs: number;
  /** How far back the very first scan begins. */
  readonly firstScanMs: number;
}

export interface LookupParts {
  readonly broker: Pick<Broker, "getState">;
  readonly ingest: Pick<Ingest, "records" | "own">;
  /** Opened when it is first needed. */
  readonly history: () => Promise<EventHistory>;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: Wait;
  readonly log: Log;
  readonly pollMetrics: PollMetrics;
  readonly metrics: LookupMetrics;
}

export interface LookupPoll {
  readonly key: string;
  readonly labels: Labels;
  scan(turn: PollTurn): Promise<Result<unknown, PollFault>>;
  /** What is not read yet, in ms; undefined where this gateway does not know. */
  lagMs(): number | undefined;
  detail(): Readonly<Record<string, unknown>>;
}

/** AWS's time lies before all that is looked for. */
const AHEAD: PollFault = { code: "clock_skew", error: "clock_skew" };

/** What one scan reads. */
interface Window extends Span {
  /** Before it the history has nothing. */
  readonly oldestMs: number;
  /** Before it all was read once. */
  readonly unseenMs: number;
}

export function createLookupPoll(options: LookupOptions, parts: LookupParts): LookupPoll {
  const { account, region, overlapMs } = options;
  const { broker, ingest, clock, random, wait, log, metrics, pollMetrics } = parts;
  const key = `${account}/${region}`;
  const labels: Labels = { account, region };
  const requestLabels: Labels = { poll: "lookupEvents", ...labels };
  const limit = createRateLimit({ perSecond: REQUESTS_PER_SECOND, clock, wait });
  const pace = createPace({ clock, log, labels });
  const length = { ms: FIRST_LENGTH_MS };
  /** Of AWS's clock against ours. */
  let offsetMs = 0;
  /** As it is committed; another gateway may have moved it between two scans. */
  let checkpoint: Checkpoint | undefined;

  async function scan(turn: PollTurn): Promise<Result<unknown, PollFault>> {
    const history = await parts.history();
    const result = await scanOnce(history, turn);
    // Our clock was so far ahead that nothing of it could have happened. Now AWS's time is known.
    return !result.ok && result.error === AHEAD ? scanOnce(history, turn) : result;
  }

  /** One scan up to a moment that stays the same while it lasts, so that what comes meanwhile shifts no page. */
  async function scanOnce(history: EventHistory, turn: PollTurn): Promise<Result<unknown, PollFault>> {
    const toMs = Math.floor((clock() + offsetMs) / 1000) * 1000;
    const found = await readCheckpoint(broker, key);
    // A beginning that lies ahead was made by a clock that was wrong.
    checkpoint = found && found.sinceMs <= toMs ? found : undefined;
    const window = windowAt(toMs);
    const { fromMs, oldestMs } = window;
    const before = checkpoint ?? { seenMs: fromMs, sinceMs: fromMs };
    if (!checkpoint) {
      // Where the first scan fails for hours, the next one begins where it should have begun.
      const begun = await commit([], before, turn, fromMs);
      if (!begun.ok) return begun;
    } else if (before.seenMs < oldestMs) {
      const told = await tellGap(before.seenMs, oldestMs, turn);
      if (!told.ok) return told;
    }
    pace.begin(window);
    // What was begun ahead ends with the scan.
    const ended = new AbortController();
    try {
      const signal = AbortSignal.any([turn.signal, ended.signal]);
      return await readAll(history, window, before, { ...turn, signal });
    } finally {
      ended.abort();
    }
  }

  function windowAt(toMs: number): Window {
    const oldestMs = toMs - HISTORY_MS;
    const backMs = checkpoint
      ? Math.max(checkpoint.sinceMs, Math.min(checkpoint.seenMs, toMs) - overlapMs)
      : toMs - Math.max(SHORTEST_MS, options.firstScanMs);
    const fromMs = Math.floor(Math.max(oldestMs, backMs) / 1000) * 1000;
    return { oldestMs, fromMs, toMs, unseenMs: Math.max(fromMs, checkpoint?.seenMs ?? fromMs) };
  }

  async function readAll(
    history: EventHistory,
    window: Window,
    before: Checkpoint,
    turn: PollTurn,
  ): Promise<Result<unknown, PollFault>> {
    const slices = createSliceQueue(window, {
      limit,
      wait,
      signal: turn.signal,
      length,
      read: (span, isFirst) =>
        readSlice(span, {
          history,
          limit,
          random,
          wait,
          turn,
          onRequest,
          async spill(events) {
            await isFirst;
            return turn.signal.aborted ? err(STOPPED) : commit(events, before, turn);
          },
        }),
    });
    while (true) {
      const next = await slices.next();
      if (!next) break;
      if (!next.ok) return next;
      const { span, events, count, atMs } = next.value;
      if (atMs !== undefined && atMs < before.sinceMs) return err(AHEAD);
      // Never past AWS's own time: what it had not recorded yet nobody has read.
      const done = await commit(events, before, turn, Math.min(span.toMs, atMs ?? span.toMs));
      if (!done.ok) return done;
      pace.reached(span.toMs, count);
    }
    pace.end();
    return ok(undefined);
  }

  function onRequest(page: Result<{ readonly atMs?: number | undefined }, PollFault>): void {
    if (!page.ok && page.error.code === "stopped") return;
    pollMetrics.requests.add(requestLabels);
    if (!page.ok) pollMetrics.requestFailures.add({ ...requestLabels, code: page.error.code });
    else if (page.value.atMs !== undefined) offsetMs = page.value.atMs - clock();
  }

  /** Events with the checkpoint behind them, in one step. The checkpoint never goes back. */
  async function commit(
    events: readonly HistoryEvent[],
    before: Checkpoint,
    turn: PollTurn,
    reachedMs?: number,
  ): Promise<Result<unknown, PollFault>> {
    const moves = reachedMs !== undefined && (!checkpoint || reachedMs > checkpoint.seenMs);
    const moved = moves ? { sinceMs: before.sinceMs, seenMs: reachedMs } : undefined;
    if (events.length === 0 && !moved) return ok(undefined);
    const step: CommitStep = {
      state: moved ? [checkpointWrite(key, moved)] : [],
      append: countingLate(turn.append, before.seenMs),
    };
    const done = await ingest.records(events.map(unwrapped), { road: "lookup", step });
    if (!done.ok) return err(brokerFault(done.error));
    checkpoint = moved ?? checkpoint;
    return done;
  }

  function unwrapped({ record }: HistoryEvent): Unwrapped {
    const value = parseJson(record);
    return isObject(value)
      ? { kind: "record", record: value, envelope: { account, region } }
      : { kind: "ignored", reason: value === undefined ? "invalid_json" : "not_a_record" };
  }

  /** New events from before the checkpoint are why there is an overlap. */
  function countingLate(append: Broker["append"], seenMs: number): Broker["append"] {
    return async (params) => {
      const outcomes = await append(params);
      const late = params.events.filter(
        ({ event }, at) => outcomes[at] === "stored" && Date.parse(timeOf(decodeAttributes(event))) < seenMs,
      );
      if (late.length > 0) metrics.late.add(labels, late.length);
      return outcomes;
    };
  }

  /** Told under the same id until the first slice behind the gap is committed. */
  async function tellGap(fromMs: number, toMs: number, turn: PollTurn): Promise<Result<unknown, PollFault>> {
    const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
    let isNew = false;
    for (const userPoolArn of options.arns) {
      const told = await ingest.own(
        {
          type: "dev.poolcast.gap_detected",
          id: `lookup/${userPoolArn}/${from}`,
          data: { userPoolArn, road: "lookup", from, to, reason: "beyond_event_history" },
        },
        { append: turn.append },
      );
      if (!told.ok) return err(brokerFault(told.error));
      isNew ||= told.value.accepted > 0;
    }
    if (isNew) {
      const message = "CloudTrail's event history does not reach back to where the poll had stopped";
      log("error", message, { ...labels, from, to });
    }
    return ok(undefined);
  }

  function lagMs(): number | undefined {
    return checkpoint && Math.max(0, clock() + offsetMs - checkpoint.seenMs);
  }

  return {
    key: `lookupEvents/${key}`,
    labels,
    scan,
    lagMs,
    detail() {
      const lag = lagMs();
      return {
        ...(checkpoint && { checkpoint: new Date(checkpoint.seenMs).toISOString() }),
        ...(lag !== undefined && { lagSeconds: Math.round(lag / 1000) }),
        ...(pace.cannotKeepUp() && { cannotKeepUp: true }),
      };
    },
  };
}

function timeOf({ time }: ReturnType<typeof decodeAttributes>): string {
  return typeof time === "string" ? time : "";
}
