/** The dead letters of a subscription, as /api shows and ends them. A call looks at a bounded number of them. */
import type { Broker, DeadLetter } from "../broker/broker.ts";
import { decodeAttributes } from "../core/event.ts";
import type {
  ChosenDead,
  DeadLetterDetail,
  DeadLetterView,
  DeadPage,
  DeadPageParams,
  EndedDead,
} from "../routes/admin-port.ts";
import { eventJson } from "./event-json.ts";

/** Letters come with their events, which may be megabytes, so few are asked for at a time. */
const BATCH = 16;
/** Letters one call looks at. */
const MOST_LOOKED = 1024;

export interface DeadLetters {
  list(subscription: string, page: DeadPageParams): Promise<DeadPage>;
  get(subscription: string, position: string): Promise<DeadLetterDetail | null>;
  replay(subscription: string, chosen: ChosenDead): Promise<EndedDead>;
  drop(subscription: string, chosen: ChosenDead): Promise<EndedDead>;
}

type End = (params: { readonly subscription: string; readonly positions: readonly string[] }) => Promise<number>;

export function createDeadLetters(broker: Broker): DeadLetters {
  /** Hands `take` the letters behind `after` with the reason, no more at once than there is room for. */
  async function walk(
    subscription: string,
    { after, reason }: Pick<DeadPageParams, "after" | "reason">,
    room: () => number,
    take: (letters: readonly DeadLetter[]) => Promise<void> | void,
  ): Promise<string | undefined> {
    let at = after;
    for (let looked = 0; looked < MOST_LOOKED && room() > 0; ) {
      const limit = Math.min(BATCH, room());
      const letters = await broker.listDead({ subscription, limit, ...(at !== undefined && { after: at }) });
      looked += letters.length;
      at = letters.at(-1)?.position ?? at;
      const wanted = letters.filter((one) => reason === undefined || one.reason === reason);
      if (wanted.length > 0) await take(wanted);
      if (letters.length < limit) return undefined;
    }
    return at;
  }

  async function end(subscription: string, chosen: ChosenDead, by: End): Promise<EndedDead> {
    if ("positions" in chosen) return { count: await by({ subscription, positions: chosen.positions }) };
    let count = 0;
    const next = await walk(
      subscription,
      chosen,
      () => BATCH,
      async (letters) => {
        count += await by({ subscription, positions: letters.map(({ position }) => position) });
      },
    );
    return next === undefined ? { count } : { count, next };
  }

  return {
    async list(subscription, page) {
      const deadLetters: DeadLetterView[] = [];
      const next = await walk(
        subscription,
        page,
        () => page.limit - deadLetters.length,
        (letters) => void deadLetters.push(...letters.map(viewOf)),
      );
      return next === undefined ? { deadLetters } : { deadLetters, next };
    },
    async get(subscription, position) {
      const letter = await broker.getDead({ subscription, position });
      if (!letter) return null;
      return { ...viewOf(letter), event: eventJson(letter.event) };
    },
    replay: (subscription, chosen) => end(subscription, chosen, (params) => broker.requeueDead(params)),
    drop: (subscription, chosen) => end(subscription, chosen, (params) => broker.dropDead(params)),
  };
}

function viewOf({ position, event, reason, detail, attempt, diedAtMs, recordedAtMs }: DeadLetter): DeadLetterView {
  const { id, source, type } = decodeAttributes(event);
  return {
    position,
    id,
    source,
    type,
    reason,
    ...(detail !== undefined && { detail }),
    attempts: attempt,
    diedAt: new Date(diedAtMs).toISOString(),
    recordedAt: new Date(recordedAtMs).toISOString(),
  };
}
