/** What is stored, as /api shows it: page by page, and on from the end without missing or repeating an event. */
import type { Broker } from "../broker/broker.ts";
import { decodeType } from "../core/event.ts";
import { comparePositions } from "../core/position.ts";
import type { EventPage, EventPageParams } from "../routes/admin-port.ts";
import { eventJson } from "./event-json.ts";

export function createEventLog(broker: Broker): { read(params: EventPageParams): Promise<EventPage> } {
  const { positions } = broker.capabilities;

  /** Where to go on in a log that ends at `end`; undefined: at its beginning. */
  function startOf(after: string | undefined, end: string): string | undefined {
    if (after === undefined || comparePositions(after, end) <= 0) return after;
    // Behind the end of a log of numbers: it is another log, begun anew, and nothing of it was shown. Ids of a stream
    // go by time, also in a new one, so what comes is behind them.
    return positions === "number" ? undefined : after;
  }

  return {
    async read({ sinceMs, after, limit, types }) {
      const end = await broker.lastPosition();
      if (sinceMs === undefined && after === undefined) return { events: [], next: end, more: false };
      const start = startOf(after, end);
      if (start !== undefined && comparePositions(start, end) >= 0) return { events: [], next: start, more: false };
      // Up to the end as it was before: what is appended meanwhile lies behind it, whatever its time is.
      const page = await broker.readLog({ range: { sinceMs, toPosition: end }, after: start, limit });
      const wanted = page.events.filter(({ event }) => isOf(types, decodeType(event)));
      return {
        events: wanted.map(({ position, recordedAtMs, event }) => ({
          position,
          recordedAt: new Date(recordedAtMs).toISOString(),
          event: eventJson(event),
        })),
        next: page.next ?? end,
        more: page.next !== undefined,
      };
    },
  };
}

function isOf(prefixes: readonly string[], type: string): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => type.startsWith(prefix));
}
