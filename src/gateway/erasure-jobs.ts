/** Erasures that were asked for: one at a time, since each goes through the whole log. */
import { type Broker, brokerFailureCode } from "../broker/broker.ts";
import type { Log } from "../core/log.ts";
import type { ErasedUser, ErasureView } from "../routes/admin-port.ts";
import { eraseUser } from "./erasures.ts";

export interface Erasures {
  start(user: ErasedUser): ErasureView;
  find(id: string): ErasureView | null;
}

export interface ErasuresParts {
  readonly broker: Broker;
  /** As they are configured now. */
  readonly poolArns: () => readonly string[];
  readonly forget: (poolArn: string, sub: string) => void;
  readonly log: Log;
}

/** Of the last ones it is known how they ended. */
const MOST_KEPT = 100;

export function createErasures({ broker, poolArns, forget, log }: ErasuresParts): Erasures {
  const views = new Map<string, ErasureView>();
  let last: Promise<void> = Promise.resolve();

  async function run(view: ErasureView, user: ErasedUser): Promise<void> {
    try {
      const erased = await eraseUser(user, { broker, poolArns: poolArns(), forget });
      views.set(view.id, { ...view, state: "done", erased });
      // Whose data they were is what is to be forgotten.
      log("info", "a user was erased", { erasure: view.id, events: erased.events.erased });
    } catch (error) {
      const code = brokerFailureCode(error);
      views.set(view.id, { ...view, state: "failed", code });
      log("error", "an erasure failed", { erasure: view.id, code });
    }
  }

  return {
    start(user) {
      const { sub, poolArn } = user;
      const id = crypto.randomUUID();
      const view: ErasureView = { id, sub, ...(poolArn !== undefined && { pool: poolArn }), state: "running" };
      views.set(id, view);
      for (const [oldest, { state }] of views) {
        if (views.size <= MOST_KEPT) break;
        if (state !== "running") views.delete(oldest);
      }
      last = last.then(() => run(view, user));
      return view;
    },
    find: (id) => views.get(id) ?? null,
  };
}
