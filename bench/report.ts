/** What the cases hand to the table: figures by round, and what they are held against. */
export interface Figure {
  readonly label: string;
  readonly unit: "/s" | "ms" | "µs" | "x" | "MiB" | "MB";
  /** One value a round. */
  readonly rounds: readonly number[];
  readonly target?: Target | undefined;
}

export interface Target {
  readonly better: "higher" | "lower";
  readonly floor: number;
  readonly goal?: number | undefined;
}

/** One of our own figures, and below it its ratios and latencies. */
export interface Measurement extends Figure {
  readonly details: readonly Figure[];
}

export interface CaseReport {
  readonly baselines: readonly Figure[];
  readonly measurements: readonly Measurement[];
  readonly notes: readonly string[];
}

export function isReached(value: number, better: Target["better"], limit: number): boolean {
  return better === "higher" ? value >= limit : value <= limit;
}
