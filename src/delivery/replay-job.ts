/**
 * A replay: events of a range of the log are offered to a subscription once more, slice by slice. What is known of it is
 * an entry of state in the broker, written in the step that puts a slice back, so that no end of a process repeats one.
 */
import type { LogRange } from "../broker/broker.ts";
import { isObject, member, parseJson } from "../core/json.ts";

export interface ReplayJob {
  readonly id: string;
  /** Ends at the latest when the job was made: what comes later comes by itself. */
  readonly range: LogRange & { readonly untilMs: number };
  /** Events per second that are put back at most. */
  readonly rate: number;
  readonly state: "running" | "done" | "cancelled";
  readonly createdAtMs: number;
  readonly finishedAtMs?: number | undefined;
  /** The position up to which it has come. */
  readonly after?: string | undefined;
  /** Events that were looked at, and those of them that were put back. */
  readonly looked: number;
  readonly replayed: number;
  /** When the next slice may go. */
  readonly dueAtMs: number;
  /** Who sees to it. Others leave it alone until then. */
  readonly runner?: { readonly id: string; readonly untilMs: number } | undefined;
}

/** Jobs of one subscription that are kept, the newest first; at most that one is running. */
const MOST_JOBS = 20;

export const REPLAYS = "replays";

export function withJob(jobs: readonly ReplayJob[], job: ReplayJob): readonly ReplayJob[] {
  return [job, ...jobs.filter(({ id }) => id !== job.id)].slice(0, MOST_JOBS);
}

export function runningJob(jobs: readonly ReplayJob[]): ReplayJob | undefined {
  return jobs.find(({ state }) => state === "running");
}

/** What poolcast wrote; of anything else, nothing. */
export function readJobs(text: string | undefined): readonly ReplayJob[] {
  const jobs = member(text === undefined ? undefined : parseJson(text), "jobs");
  return Array.isArray(jobs) ? jobs.filter(isJob) : [];
}

export function writeJobs(jobs: readonly ReplayJob[]): string {
  return JSON.stringify({ jobs });
}

function isJob(value: unknown): value is ReplayJob {
  const numbers = ["rate", "createdAtMs", "looked", "replayed", "dueAtMs"].map((name) => member(value, name));
  const range = member(value, "range");
  return (
    typeof member(value, "id") === "string" &&
    isObject(range) &&
    [...numbers, member(range, "untilMs")].every((one) => typeof one === "number")
  );
}
