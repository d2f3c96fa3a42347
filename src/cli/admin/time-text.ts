/** Times as people write and read them. */
import { parseDurationMs } from "../../core/duration.ts";

const SECOND_MS = 1000;
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 24 * 3600 * SECOND_MS],
  ["h", 3600 * SECOND_MS],
  ["m", 60 * SECOND_MS],
  ["s", SECOND_MS],
];

/** In its largest unit: `3d`, `17m`, `0s`. */
export function ageText(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => ms >= one) ?? ["s", SECOND_MS];
  return `${Math.max(0, Math.floor(ms / size))}${unit}`;
}

/** RFC 3339: as it was given, or that long before now, where it is an ISO 8601 duration. */
export function timeText(text: string | undefined, nowMs: number): string | undefined {
  const agoMs = text === undefined ? undefined : parseDurationMs(text);
  return agoMs === undefined ? text : new Date(nowMs - agoMs).toISOString();
}
