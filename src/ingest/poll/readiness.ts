/** What /readyz says of one user pool. */
import type { Poll, PollStatus } from "./runner.ts";

export interface PoolDetail {
  readonly arn: string;
  /** The AWS error's name where a poll of this pool, or identity, is in trouble. */
  readonly error?: string;
  /** By the poll's name, as in the configuration. */
  readonly poll?: Readonly<Record<string, PollDetail>>;
  /** What AWS refuses identity, by the call's name. */
  readonly identify?: Readonly<Record<string, { readonly error: string; readonly since: string }>>;
}

export interface PollDetail {
  readonly state: PollStatus["state"];
  readonly error?: string;
  readonly code?: string;
  /** RFC 3339. */
  readonly scannedAt?: string;
}

export function poolDetail(arn: string, polls: readonly Poll[]): PoolDetail {
  const details = polls
    .filter(({ arns }) => arns.includes(arn))
    .map((one) => [one.name, pollDetail(one.status())] as const);
  const error = details.map(([, detail]) => detail.error).find((name) => name !== undefined);
  return {
    arn,
    ...(error !== undefined && { error }),
    ...(details.length > 0 && { poll: Object.fromEntries(details) }),
  };
}

function pollDetail({ state, fault, scannedAtMs, detail }: PollStatus): PollDetail {
  return {
    state,
    ...(fault && { error: fault.error, code: fault.code }),
    ...(scannedAtMs !== undefined && { scannedAt: new Date(scannedAtMs).toISOString() }),
    ...detail,
  };
}
