import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/**
 * The same message stands in the log once in `everyMs`, whatever its fields; the next one tells how many were left out.
 * For what many meet at once and again and again, such as a broker that is away.
 */
export function createRareLog(log: Log, clock: Clock, everyMs = 10_000): Log {
  const written = new Map<string, { atMs: number; leftOut: number }>();
  return (level, message, fields) => {
    const nowMs = clock();
    const last = written.get(message);
    if (last && nowMs >= last.atMs && nowMs - last.atMs < everyMs) {
      last.leftOut += 1;
      return;
    }
    written.set(message, { atMs: nowMs, leftOut: 0 });
    log(level, message, last && last.leftOut > 0 ? { ...fields, leftOut: last.leftOut } : fields);
  };
}
