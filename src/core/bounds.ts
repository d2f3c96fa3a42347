/** The part of a log that a subscription is for: what lies outside of it misses, as by a filter. */
import { comparePositions } from "./position.ts";

/** None of the ends is part of it. An end that is absent is open. */
export interface Bounds {
  /** By the time at which events were stored, in epoch ms. */
  readonly afterMs?: number | undefined;
  readonly beforeMs?: number | undefined;
  /** In the format of the broker's positions. */
  readonly afterPosition?: string | undefined;
  readonly beforePosition?: string | undefined;
}

export function isWithin(bounds: Bounds, position: string, recordedAtMs: number): boolean {
  const { afterMs, beforeMs, afterPosition, beforePosition } = bounds;
  return (
    (afterMs === undefined || recordedAtMs > afterMs) &&
    (beforeMs === undefined || recordedAtMs < beforeMs) &&
    (afterPosition === undefined || comparePositions(position, afterPosition) > 0) &&
    (beforePosition === undefined || comparePositions(position, beforePosition) < 0)
  );
}
