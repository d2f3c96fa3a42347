import type { Clock } from "./clock.ts";

/** Of the time, at most one part in so many is spent on reading. */
const SHARE = 10;
const LONGEST_MS = 30_000;

/**
 * Answers what `read` answered lately, so that many who ask cost one reading. That is at most `everyMs` old; where reading
 * takes long, ten times as old as it took, and 30 seconds at most.
 */
export function createRecently<T>(read: () => Promise<T>, clock: Clock, everyMs: number): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  let goodForMs = 0;

  async function time(startMs: number, answer: Promise<T>): Promise<void> {
    goodForMs = LONGEST_MS;
    // Whoever asked is told why it failed.
    const isRead = await answer.then(
      () => true,
      () => false,
    );
    const tookMs = isRead ? Math.max(0, clock() - startMs) : 0;
    goodForMs = Math.min(LONGEST_MS, Math.max(everyMs, SHARE * tookMs));
  }

  return () => {
    const nowMs = clock();
    if (last && Math.abs(nowMs - last.atMs) < goodForMs) return last.answer;
    const answer = read();
    last = { atMs: nowMs, answer };
    void time(nowMs, answer);
    return answer;
  };
}
