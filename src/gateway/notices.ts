import type { Broker, BrokerNotice } from "../broker/broker.ts";
import type { Log } from "../core/log.ts";
import type { Ingest } from "../ingest/ingest.ts";

/** What happens to the store from outside is told in the log, and as an event to whoever asks for it. */
export function tellNotices(broker: Broker, own: Ingest["own"], log: Log): void {
  broker.onNotice((notice) => void tell(notice));

  async function tell({ id, reason }: BrokerNotice): Promise<void> {
    log("error", "the broker's store was lost", { reason });
    const data = { broker: broker.capabilities.kind, reason };
    const told = await own({ type: "dev.poolcast.store_lost", id, data });
    if (!told.ok) log("warn", "the event that tells of it could not be stored", { code: told.error });
  }
}
