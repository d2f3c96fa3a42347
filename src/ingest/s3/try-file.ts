/** One try at one file: take its entry, read the file, commit what is in it, end or put back the entry. */
import { type Broker, brokerFailureCode, type StateEntry, type StateWrite } from "../../broker/broker.ts";
import type { Random } from "../../core/clock.ts";
import type { GatewayMetrics } from "../../core/gateway-metrics.ts";
import type { Log } from "../../core/log.ts";
import { retryDelayMs } from "../../core/retry.ts";
import type { Ingest } from "../ingest.ts";
import type { Unwrapped } from "../unwrap.ts";
import type { ObjectFailure } from "./object-store.ts";
import { afterFailure } from "./patience.ts";
import { type ReadEnd, type ReadParts, readFile } from "./read-file.ts";
import { FILES, type FileWork, parseWork } from "./work.ts";

export interface TryParts extends ReadParts {
  readonly broker: Broker;
  readonly ingest: Ingest;
  readonly random: Random;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  /** Names this process, and no other one. */
  readonly owner: string;
}

/** Longer than anything between two commits of a file takes. */
const LEASE_MS = 120_000;
/** How long a batch waits in place for the broker. */
const COMMIT_PATIENCE_MS = 20_000;
const COMMIT_PAUSE_MS = 1000;

/** Before the next try where it was the broker that failed. */
const BROKER_PAUSE = {
  backoffPolicy: "constant",
  backoffDelayMs: 20_000,
  backoffMaxMs: 20_000,
  retry: Number.POSITIVE_INFINITY,
  maxAgeMs: Number.POSITIVE_INFINITY,
} as const;

/** Whether somebody may fetch the file now; a lease on a store that is ours alone is from an earlier life. */
export function isFree({ lease }: FileWork, nowMs: number, owner: string, isShared: boolean): boolean {
  return lease === undefined || lease.owner === owner || !isShared || lease.untilMs <= nowMs;
}

/** False where the broker did not take what the entry is to become: it stands as it was, and is due. */
export async function tryFile(
  { key, version: versionBefore }: StateEntry,
  work: FileWork,
  signal: AbortSignal,
  parts: TryParts,
): Promise<boolean> {
  const { broker, ingest, clock, random, metrics, log, owner } = parts;
  const { bucket, key: object } = work.file;
  const startMs = clock();
  let version = versionBefore;
  let isTaken = true;

  /** The entry as it shall become; null: it ends. */
  function entry(next: FileWork | null): StateWrite {
    return { collection: FILES, key, value: next === null ? null : JSON.stringify(next), ifVersion: version };
  }

  function held(): StateWrite {
    return entry({ ...work, lease: { owner, untilMs: clock() + LEASE_MS } });
  }

  /** False where somebody else wrote it, or where nobody knows: it is looked at again later. */
  async function write(next: StateWrite): Promise<boolean> {
    try {
      await broker.append({ events: [], state: [next] });
      version += 1;
      return true;
    } catch (error) {
      if (brokerFailureCode(error) !== "state_conflict") {
        isTaken = false;
        log("warn", "the entry of a file could not be written; trying again later", { bucket, object });
      }
      return false;
    }
  }

  async function take(found: readonly Unwrapped[], isLast: boolean): Promise<boolean> {
    const untilMs = clock() + COMMIT_PATIENCE_MS;
    for (;;) {
      const state = [isLast ? entry(null) : held()];
      const result = await ingest.records(found, { road: "s3", step: { state } });
      if (result.ok) {
        version += 1;
        return true;
      }
      if (result.error === "state_conflict") {
        const now = await whose();
        if (now !== "ours") return now === "nobody's" && isLast;
      } else if (signal.aborted || clock() >= untilMs) {
        return false;
      } else {
        await new Promise((resume) => setTimeout(resume, COMMIT_PAUSE_MS));
      }
    }
  }

  /** After a conflict: another gateway has the file now, or our own commit was made and the answer to it lost. */
  async function whose(): Promise<"ours" | "nobody's" | "another's"> {
    const found = await broker.getState({ collection: FILES, keys: [key] }).catch(() => undefined);
    if (!found) return "another's";
    const [now] = found;
    if (!now) return "nobody's";
    if (parseWork(now.value)?.lease?.owner !== owner) return "another's";
    version = now.version;
    return "ours";
  }

  async function settle(end: ReadEnd): Promise<void> {
    switch (end.kind) {
      case "read":
        metrics.filesFetched.add({});
        metrics.fileSeconds.observe({}, Math.max(0, clock() - startMs) / 1000);
        if (end.unreadable > 0) {
          log("warn", "pieces of a file could not be read", { bucket, object, pieces: end.unreadable });
        }
        return;
      case "failed":
        return settleFailure(end.failure);
      case "stopped":
        return putBack();
    }
  }

  /** For another try like this one. */
  async function putBack(): Promise<void> {
    const pauseMs = signal.aborted ? 0 : retryDelayMs(BROKER_PAUSE, 1, random);
    await write(entry({ ...work, lease: undefined, dueAtMs: clock() + pauseMs }));
  }

  async function settleFailure(failure: ObjectFailure): Promise<void> {
    const { code: reason, error } = failure;
    metrics.fileFailures.add({ reason });
    const next = afterFailure(work, failure, clock(), random);
    if (!next) return giveUp(failure);
    // Once, not for each of very many tries.
    if (work.failure?.code !== reason) {
      log("warn", "a file could not be fetched; trying again", { bucket, object, reason, error });
    }
    await write(entry(next));
  }

  async function giveUp({ code: reason, error }: ObjectFailure): Promise<void> {
    const from = new Date(work.queuedAtMs).toISOString();
    const file = `s3://${bucket}/${encodeURI(object)}`;
    const gap = {
      type: "dev.poolcast.gap_detected",
      id: `${file} ${from}`,
      data: { road: "s3", file, from, reason },
    } as const;
    const told = await ingest.own(gap, { state: [entry(null)] });
    if (!told.ok) return putBack();
    metrics.filesGivenUp.add({ reason });
    log("error", "a file is given up: what it holds may be missing", { bucket, object, reason, error });
  }

  /** A file that meets a fault of ours must neither be lost nor hold up the others. */
  function unforeseen(fault: unknown): ReadEnd {
    const error = fault instanceof Error ? fault.name : typeof fault;
    log("error", "reading a file met a fault of the gateway", { bucket, object, error });
    return { kind: "failed", failure: { code: "refused", error } };
  }

  // Whoever had it was killed in the middle of it, perhaps by this very file: the others, and all else, go first.
  if (work.lease && work.lease.owner !== owner) await settleFailure({ code: "interrupted" });
  else if (await write(held())) await settle(await readFile(work.file, take, signal, parts).catch(unforeseen));
  return isTaken;
}
