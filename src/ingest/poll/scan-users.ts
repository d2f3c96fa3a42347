/**
 * The scan of the users poll: all pages, then those who are missing. Only a scan that saw every page can say who is
 * absent. One that ends early leaves true memory behind and no trace of itself: the next begins anew.
 */
import { err, ok, type Result } from "../../core/result.ts";
import { forgetAnnounced } from "../announced.ts";
import type { PollFault } from "./fault.ts";
import type { PollTurn } from "./runner.ts";
import { createSeenUsers } from "./seen-users.ts";
import { readUsersCheckpoint, usersCheckpointWrite } from "./users-checkpoint.ts";
import { lookAtPages } from "./users-pages.ts";
import { commitUsers, type UsersScan, type UsersScanOptions, type UsersScanParts } from "./users-scan.ts";
import { sweepUsers } from "./users-sweep.ts";

/** How often a scan begins anew because a token of its pages was no longer good. */
const RESTARTS = 2;

/** A list may lag behind what CloudTrail told: an announcement outlives the scan that should have seen it by this. */
const ANNOUNCED_LAG_MS = 3_600_000;

export async function scanUsers(
  options: UsersScanOptions,
  parts: UsersScanParts,
  turn: PollTurn,
): Promise<Result<void, PollFault>> {
  for (let restarts = 0; ; restarts++) {
    const checkpoint = await readUsersCheckpoint(parts.broker, options.poolArn);
    const scan: UsersScan = {
      ...options,
      ...parts,
      turn,
      checkpoint,
      seen: createSeenUsers(),
      number: checkpoint.scans + 1,
      isBaseline: checkpoint.scans === 0 && !options.backfill,
      startedAtMs: parts.clock(),
    };
    const fault = (await lookAtPages(scan)) ?? (await sweepUsers(scan)) ?? (await complete(scan));
    if (fault === undefined) return ok(undefined);
    if (fault.code !== "invalid_token" || restarts === RESTARTS) return err(fault);
  }
}

async function complete(scan: UsersScan): Promise<PollFault | undefined> {
  const { broker, poolArn, turn, startedAtMs, number, clock } = scan;
  scan.checkpoint = { ...scan.checkpoint, scans: number, startedAtMs, completedAtMs: clock() };
  const fault = await commitUsers(scan, [], [usersCheckpointWrite(poolArn, scan.checkpoint)]);
  if (fault) return fault;
  await forgetAnnounced(broker, turn.append, poolArn, startedAtMs - ANNOUNCED_LAG_MS);
  return undefined;
}
