/**
 * Files to fetch, as state entries in the broker: one each, from the commit of the notice to the commit of the last
 * record. Whoever fetches a file writes himself into its entry for a time, and each of his commits renews that; the
 * version of the entry refuses him where somebody else wrote it since.
 */
import { isObject, member, parseJson } from "../../core/json.ts";
import { type S3File, toS3File } from "./file.ts";

export const FILES = "files";

export interface FileWork {
  readonly file: S3File;
  readonly queuedAtMs: number;
  /** Not to be tried before. */
  readonly dueAtMs: number;
  readonly failure?: WorkFailure | undefined;
  readonly lease?: { readonly owner: string; readonly untilMs: number } | undefined;
}

/** The last tries, all of which ended alike. */
export interface WorkFailure {
  readonly code: FailureCode;
  /** What the store calls it: `AccessDenied`. */
  readonly error?: string | undefined;
  readonly sinceMs: number;
  readonly tries: number;
}

export const FAILURE_CODES = [
  /** There is no such object, or no such version of it. */
  "missing",
  "bucket_missing",
  "forbidden",
  /** There are no credentials, or they are expired or unknown. */
  "credentials",
  /** It lies in an archive and would have to be restored. */
  "archived",
  /** Some other answer that will not change by itself. */
  "refused",
  "throttled",
  /** Out of reach, or in trouble of its own. */
  "unavailable",
  /** The object did not come to its end. */
  "interrupted",
  "invalid_gzip",
  "unpacks_to_too_much",
  "takes_too_long",
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

/** Undefined where the entry is none of ours. */
export function parseWork(value: string): FileWork | undefined {
  const work = parseJson(value);
  const { bucket, key, versionId, etag, region } = asObject(member(work, "file"));
  const file = toS3File({ bucket, key, versionId, etag, region });
  const queuedAtMs = member(work, "queuedAtMs");
  const dueAtMs = member(work, "dueAtMs");
  if (!file || typeof queuedAtMs !== "number" || typeof dueAtMs !== "number") return undefined;
  return {
    file,
    queuedAtMs,
    dueAtMs,
    failure: failureOf(member(work, "failure")),
    lease: leaseOf(member(work, "lease")),
  };
}

function failureOf(value: unknown): WorkFailure | undefined {
  const { error, sinceMs, tries } = asObject(value);
  const code = FAILURE_CODES.find((one) => one === member(value, "code"));
  if (code === undefined || typeof sinceMs !== "number" || typeof tries !== "number") return undefined;
  return { code, ...(typeof error === "string" && { error }), sinceMs, tries };
}

function leaseOf(value: unknown): FileWork["lease"] {
  const { owner, untilMs } = asObject(value);
  return typeof owner === "string" && typeof untilMs === "number" ? { owner, untilMs } : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
