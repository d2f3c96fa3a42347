/**
 * CloudTrail's event history of one account and Region, as LookupEvents shows it: newest first, in pages whose tokens
 * are good only with the same parameters, and with records that become visible later than they happened.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
import { randomUUID } from "node:crypto";
import { cloudTrailRecord } from "./records.ts";

export interface FakeEventHistory {
  /** A record of Cognito, with this time. A text stands for a record that is broken. */
  add(
    timeMs: number,
    options?: { readonly id?: string; readonly visibleAtMs?: number; readonly text?: string },
  ): string;
  lookUp(query: FakeQuery): FakePage | FakeRefusal;
  /** All tokens given out so far are refused from now on. */
  dropTokens(): void;
  /** Every so many pages one is empty and has a token all the same. */
  emptyEvery: number;
}

export interface FakeQuery {
  /** Both ends included. */
  readonly startMs: number;
  readonly endMs: number;
  readonly limit: number;
  readonly token?: string | undefined;
}

export interface FakePage {
  readonly events: readonly FakeEvent[];
  readonly next?: string;
}

export interface FakeEvent {
  readonly id: string;
  readonly timeMs: number;
  readonly text: string;
}

export type FakeRefusal = "InvalidNextTokenException" | "InvalidTimeRangeException" | "InvalidMaxResultsException";

const DAYS_90_MS = 90 * 86_400_000;

interface Stored extends FakeEvent {
  readonly visibleAtMs: number;
}

export function createFakeEventHistory(clock: () => number): FakeEventHistory {
  let stored: Stored[] = [];
  let sorted = true;
  /** What is behind a token: the parameters, and the last event shown. */
  const tokens = new Map<string, { readonly parameters: string; readonly after: Stored | undefined }>();
  let pages = 0;

  /** Oldest first; of one second, in the order of coming. */
  function inOrder(): readonly Stored[] {
    if (!sorted) stored = stored.toSorted((a, b) => a.timeMs - b.timeMs);
    sorted = true;
    return stored;
  }

  const fake: FakeEventHistory = {
    emptyEvery: Number.POSITIVE_INFINITY,
    add(timeMs, { id = randomUUID(), visibleAtMs = timeMs, text } = {}) {
      const eventTime = `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
      const record = text ?? JSON.stringify(cloudTrailRecord(id, { eventTime }));
      sorted &&= timeMs >= (stored.at(-1)?.timeMs ?? timeMs);
      stored.push({ id, timeMs: Date.parse(eventTime), text: record, visibleAtMs });
      return id;
    },

    lookUp({ startMs, endMs, limit, token }) {
      if (!(startMs <= endMs)) return "InvalidTimeRangeException";
      if (limit < 1 || limit > 50) return "InvalidMaxResultsException";
      const parameters = `${startMs} ${endMs} ${limit}`;
      const from = token === undefined ? undefined : tokens.get(token);
      if (token !== undefined && from?.parameters !== parameters) return "InvalidNextTokenException";

      const events = inOrder();
      const oldestMs = Math.max(startMs, clock() - DAYS_90_MS);
      let at = from?.after
        ? events.lastIndexOf(from.after, lastUpTo(events, from.after.timeMs)) - 1
        : lastUpTo(events, endMs);
      pages += 1;
      const wanted = pages % fake.emptyEvery === 0 ? 0 : limit;
      const page: Stored[] = [];
      for (; at >= 0; at--) {
        const event = events[at];
        if (!event || event.timeMs < oldestMs) break;
        if (event.visibleAtMs > clock()) continue;
        if (page.length === wanted) {
          const next = randomUUID();
          tokens.set(next, { parameters, after: page.at(-1) ?? from?.after });
          return { events: page, next };
        }
        page.push(event);
      }
      return { events: page };
    },

    dropTokens: () => tokens.clear(),
  };
  return fake;
}

function lastUpTo(events: readonly Stored[], endMs: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.timeMs ?? 0) <= endMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
