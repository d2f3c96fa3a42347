/** One scan of all users of a pool, while it lasts. */
import type { Broker, StateWrite } from "../../broker/broker.ts";
import type { Clock, Random } from "../../core/clock.ts";
import type { Wait } from "../../core/wait.ts";
import type { Ingest, UserNews } from "../ingest.ts";
import { brokerFault, type PollFault } from "./fault.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { PollTurn } from "./runner.ts";
import type { SeenUsers } from "./seen-users.ts";
import type { SightContext } from "./user-sight.ts";
import type { UsersCheckpoint } from "./users-checkpoint.ts";
import type { ListUsersPage } from "./users-page.ts";

export interface UsersScanOptions {
  readonly poolArn: string;
  /** Tell of the users that the first complete scan finds. */
  readonly backfill: boolean;
  /** TriggerMesh's event too. */
  readonly compat: boolean;
}

export interface UsersScanParts {
  readonly broker: Broker;
  readonly ingest: Pick<Ingest, "users">;
  readonly listUsers: ListUsersPage;
  readonly rate: RateLimit;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: Wait;
  readonly hash: (text: string) => string;
  readonly count: UsersScanCounts;
}

/** Called as things happen. */
export interface UsersScanCounts {
  request(): void;
  requestFailure(fault: PollFault): void;
  seen(users: number): void;
  /** Items without a sub: nothing tells them from others. */
  withoutSub(items: number): void;
}

export interface UsersScan extends UsersScanOptions, UsersScanParts {
  readonly turn: PollTurn;
  readonly seen: SeenUsers;
  /** Of this scan, from 1 on. */
  readonly number: number;
  /** What it finds is the beginning, and no news. */
  readonly isBaseline: boolean;
  readonly startedAtMs: number;
  checkpoint: UsersCheckpoint;
}

/** Commits news with the memory of them; a fault where that failed. */
export async function commitUsers(
  scan: UsersScan,
  news: readonly UserNews[],
  state: readonly StateWrite[],
): Promise<PollFault | undefined> {
  const result = await scan.ingest.users(news, { state, append: scan.turn.append });
  return result.ok ? undefined : brokerFault(result.error);
}

export function sightContext(scan: UsersScan): SightContext {
  const { poolArn, hash, clock, checkpoint } = scan;
  return { poolArn, hash, time: new Date(clock()).toISOString(), previousMs: checkpoint.startedAtMs };
}
