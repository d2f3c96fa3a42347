/**
 * Whether a subscription may deliver, as operators and its target have it. Pausing and disabling are apart: what a target
 * disabled by its 410 stays disabled when somebody ends a pause.
 */
import { isObject, member, parseJson } from "../core/json.ts";

export interface Control {
  /** In epoch ms, as all times here. */
  readonly pausedSinceMs?: number | undefined;
  readonly disabled?: { readonly sinceMs: number; readonly reason: string } | undefined;
  /** Since when nothing was delivered, for one of the two reasons or both. */
  readonly stoppedSinceMs?: number | undefined;
  /** The earlier times in which nothing was delivered, from and to, oldest first: no event ages in them. */
  readonly stops: readonly (readonly [fromMs: number, toMs: number])[];
}

export type ControlChange =
  | { readonly kind: "pause" | "resume" | "enable" }
  | { readonly kind: "disable"; readonly reason: string };

export const RUNNING: Control = { stops: [] };

/** Stops that are remembered; what is older than so many of them has long come to its end. */
const MOST_STOPS = 200;

export function controlState({ pausedSinceMs, disabled }: Control): "running" | "paused" | "disabled" {
  if (disabled) return "disabled";
  return pausedSinceMs === undefined ? "running" : "paused";
}

/** The control after the change; the same one where it changes nothing. */
export function changeControl(control: Control, change: ControlChange, nowMs: number): Control {
  switch (change.kind) {
    case "pause":
      return control.pausedSinceMs === undefined ? settled({ ...control, pausedSinceMs: nowMs }, nowMs) : control;
    case "resume":
      return control.pausedSinceMs === undefined ? control : settled({ ...control, pausedSinceMs: undefined }, nowMs);
    case "disable": {
      const disabled = { sinceMs: nowMs, reason: change.reason };
      return control.disabled ? control : settled({ ...control, disabled }, nowMs);
    }
    case "enable":
      return control.disabled ? settled({ ...control, disabled: undefined }, nowMs) : control;
  }
}

/** Begins or ends a stop, where that is what the change came to. */
function settled(control: Control, nowMs: number): Control {
  const isStopped = controlState(control) !== "running";
  const { stoppedSinceMs, stops } = control;
  if (isStopped) return { ...control, stoppedSinceMs: stoppedSinceMs ?? nowMs };
  if (stoppedSinceMs === undefined) return control;
  return { stops: [...stops, [stoppedSinceMs, nowMs] as const].slice(-MOST_STOPS) };
}

/** How long an event has been under way that entered at `fromMs`, without the time in which nothing was delivered. */
export function ageMs({ stoppedSinceMs, stops }: Control, fromMs: number, nowMs: number): number {
  let age = nowMs - fromMs;
  for (const [from, to] of stops) age -= Math.max(0, Math.min(to, nowMs) - Math.max(from, fromMs));
  if (stoppedSinceMs !== undefined) age -= Math.max(0, nowMs - Math.max(stoppedSinceMs, fromMs));
  return age;
}

/** What cannot be read counts as running: an event that is delivered can be looked at, one that is held back is missed. */
export function readControl(text: string): Control {
  const value = parseJson(text);
  if (!isObject(value)) return RUNNING;
  const disabled = member(value, "disabled");
  const sinceMs = time(member(disabled, "sinceMs"));
  const stops = member(value, "stops");
  return {
    pausedSinceMs: time(member(value, "pausedSinceMs")),
    disabled: sinceMs === undefined ? undefined : { sinceMs, reason: String(member(disabled, "reason")) },
    stoppedSinceMs: time(member(value, "stoppedSinceMs")),
    stops: Array.isArray(stops) ? stops.filter(isStop) : [],
  };
}

function time(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function isStop(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
