/** The answers to the parts of a request, as the answer to the whole. */
import type { IngestCounts } from "../ingest.ts";

export function sumOf(all: readonly IngestCounts[]): IngestCounts {
  const total = (count: (one: IngestCounts) => number) => all.reduce((before, one) => before + count(one), 0);
  const queued = total((one) => one.queued ?? 0);
  const rejected = all.flatMap((one) => one.rejected ?? []);
  return {
    accepted: total((one) => one.accepted),
    duplicates: total((one) => one.duplicates),
    ignored: total((one) => one.ignored),
    ...(queued > 0 && { queued }),
    ...(rejected.length > 0 && { rejected: rejected.toSorted((a, b) => a.index - b.index) }),
  };
}

/** `indexOf`: of an item of the part, in the whole. */
export function inTheWhole({ rejected, ...counts }: IngestCounts, indexOf: (index: number) => number): IngestCounts {
  if (!rejected) return counts;
  return { ...counts, rejected: rejected.map(({ index, code }) => ({ index: indexOf(index), code })) };
}
