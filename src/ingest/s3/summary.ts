/** What waits to be fetched, for metrics and the readiness page. */
import type { Broker } from "../../broker/broker.ts";
import { scanAll } from "../scan-all.ts";
import { FILES, parseWork } from "./work.ts";

export interface FilesSummary {
  /** Not yet fetched, those under way included. */
  readonly waiting: number;
  /** Of those, the ones whose last try failed. */
  readonly failing: number;
  /** When the one that waits the longest was queued. */
  readonly oldestMs?: number;
  /** How many fail for which reason: the store's own word for it where there is one. */
  readonly reasons: Readonly<Record<string, number>>;
}

export async function summarizeFiles(broker: Broker): Promise<FilesSummary> {
  let waiting = 0;
  let failing = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  const reasons = new Map<string, number>();
  for await (const { value } of scanAll(broker, FILES)) {
    const work = parseWork(value);
    if (!work) continue;
    waiting += 1;
    oldestMs = Math.min(oldestMs, work.queuedAtMs);
    if (!work.failure) continue;
    failing += 1;
    const reason = work.failure.error ?? work.failure.code;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { waiting, failing, ...(waiting > 0 && { oldestMs }), reasons: Object.fromEntries(reasons) };
}
