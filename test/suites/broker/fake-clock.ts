export interface FakeClock {
  now(): number;
  advance(ms: number): void;
}

/** Stands still until it is moved. Starts in 2026, so that a broker which mixes it with the real time is found out. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 15, 12)): FakeClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}
