/** Follows the log of a gateway: everything behind a position, page by page, asked for again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { EventPage, LoggedEventView } from "../../routes/admin-port.ts";
import { AdminFailure, type Ask } from "../admin/run.ts";

export interface Tail {
  readonly ask: Ask;
  /** RFC 3339; undefined: from now on. */
  readonly since: string | undefined;
  /** How the types begin; none: all. */
  readonly types: readonly string[];
  /** Whether it ends with what is stored. */
  readonly once: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Tells a person how it stands with the gateway. */
  readonly note: (text: string) => void;
}

const LOOK_EVERY_MS = 1000;
const TRY_EVERY_MS = 2000;

/** A gateway that restarts, that is behind a proxy which misses it, or that misses its broker. */
const PASSING: ReadonlySet<string> = new Set(["no_gateway", "broker_unavailable"]);

/**
 * Once it has begun, a gateway that is away is waited for: its position stays, so nothing that it stores meanwhile is
 * missed. Rejects with an `AdminFailure` for what waiting does not mend.
 */
export async function* tail({ ask, since, types, once, signal, note }: Tail): AsyncGenerator<LoggedEventView> {
  let after: string | undefined;
  let isAway = false;
  // Times are compared until the end of the log was seen once; from then on positions alone say what is new.
  let isBehind = since !== undefined;
  while (!signal.aborted) {
    let page: EventPage;
    try {
      const path = `/events?${query({ since: isBehind ? since : undefined, after, types })}`;
      page = (await ask("GET", path, undefined, signal)) as EventPage;
    } catch (error) {
      if (signal.aborted) return;
      const isPassing = error instanceof AdminFailure && PASSING.has(error.fault.code);
      if (!isPassing || after === undefined || once) throw error;
      if (!isAway) note(`${error.message}; waiting for it`);
      isAway = true;
      await pause(TRY_EVERY_MS, signal);
      continue;
    }
    if (after === undefined && !once) note("watching; Ctrl-C ends it");
    if (isAway) note("it answers again");
    isAway = false;
    yield* page.events;
    after = page.next;
    if (page.more) continue;
    if (once) return;
    isBehind = false;
    await pause(LOOK_EVERY_MS, signal);
  }
}

function query({
  since,
  after,
  types,
}: {
  since: string | undefined;
  after: string | undefined;
  types: Tail["types"];
}) {
  const parts = new URLSearchParams(types.map((type) => ["type", type]));
  if (since !== undefined) parts.set("since", since);
  if (after !== undefined) parts.set("after", after);
  return parts;
}

/** Resolves also where it is cut short. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
