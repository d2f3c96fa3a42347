import type { Clock } from "./clock.ts";
import { settledWithin } from "./settled-within.ts";

/** Of the time, at most one part in so many is spent on reading. */
const SHARE = 10;
const LONGEST_MS = 30_000;
/** Nobody who asks waits longer for a new answer where there is an old one: probes of readiness give up soon. */
const PATIENCE_MS = 1000;

interface Reading<T> {
  readonly atMs: number;
  readonly answer: Promise<T>;
  goodForMs: number;
  isOver: boolean;
}

/**
 * Answers what `read` answered lately, so that many who ask cost one reading. That is at most `everyMs` old; where reading
 * takes long, about ten times as old as it took, and half a minute at most. Rejects as `read` does.
 */
export function createRecently<T>(read: () => Promise<T>, clock: Clock, everyMs: number): () => Promise<T> {
  let last: Reading<T> | undefined;
  /** The last one that came to an answer. */
  let known: Reading<T> | undefined;

  function begin(atMs: number): Reading<T> {
    const reading: Reading<T> = { atMs, answer: read(), goodForMs: LONGEST_MS, isOver: false };
    const end = (goodForMs: number) => Object.assign(reading, { goodForMs, isOver: true });
    reading.answer.then(
      () => {
        known = end(Math.min(LONGEST_MS, Math.max(everyMs, SHARE * (clock() - atMs))));
      },
      // Whoever asked is told why.
      () => end(everyMs),
    );
    return reading;
  }

  return async () => {
    const nowMs = clock();
    if (!last || Math.abs(nowMs - last.atMs) >= last.goodForMs) last = begin(nowMs);
    const reading = last;
    if (!reading.isOver && known)
      await settledWithin(
        reading.answer.catch(() => {}),
        PATIENCE_MS,
      );
    return reading.isOver || !known ? reading.answer : known.answer;
  };
}
