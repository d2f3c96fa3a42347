/** The pages of a scan, one after the other, at the rate that the pool is to be asked at. */
import { err, type Result } from "../../core/result.ts";
import { type RetryPolicy, retryDelayMs } from "../../core/retry.ts";
import { isPassing, LEASE_LOST, type PollFault, STOPPED } from "./fault.ts";
import { createUsersBatch, type UsersBatch } from "./users-batch.ts";
import type { UsersPage } from "./users-page.ts";
import type { UsersScan } from "./users-scan.ts";

/** Tries of one page while its fault is one that passes; the frame goes on from there. */
const PAGE_TRIES = 6;
const PAGE_RETRY: RetryPolicy = {
  retry: PAGE_TRIES - 1,
  backoffPolicy: "exponential",
  backoffDelayMs: 1000,
  backoffMaxMs: 20_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
};

export async function lookAtPages(scan: UsersScan): Promise<PollFault | undefined> {
  const batch = createUsersBatch(scan);
  const fault = await readPages(scan, batch);
  // What was seen until a fault is true all the same.
  const commitFault = await batch.commit();
  return fault ?? commitFault;
}

async function readPages(scan: UsersScan, batch: UsersBatch): Promise<PollFault | undefined> {
  let token: string | undefined;
  do {
    const page = await fetchPage(scan, token);
    if (!page.ok) return page.error;
    const fault = await batch.look(page.value.users);
    if (fault) return fault;
    // Would go on for ever.
    if (page.value.next !== undefined && page.value.next === token) return REPEATED_TOKEN;
    token = page.value.next;
  } while (token !== undefined);
  return undefined;
}

const REPEATED_TOKEN: PollFault = { code: "invalid_token", error: "repeated_token" };

async function fetchPage(scan: UsersScan, token: string | undefined): Promise<Result<UsersPage, PollFault>> {
  const { turn, rate, count } = scan;
  for (let attempt = 1; ; attempt++) {
    await rate.take(turn.signal);
    if (turn.signal.aborted) return err(STOPPED);
    if (!(await turn.keep())) return err(LEASE_LOST);
    count.request();
    const page = await scan.listUsers(token, turn.signal);
    if (page.ok) return page;
    if (turn.signal.aborted) return err(STOPPED);
    count.requestFailure(page.error);
    if (!isPassing(page.error) || attempt === PAGE_TRIES) return page;
    await scan.wait(retryDelayMs(PAGE_RETRY, attempt, scan.random), turn.signal);
  }
}
