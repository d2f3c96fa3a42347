/**
 * Counters, histograms and gauges in the Prometheus text format, version 0.0.4.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * Labels are names from the configuration and codes from this code base; never a user, an address or a header.
 */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels: Labels, amount?: number): void;
}

export interface Histogram {
  /** `value` in the unit that the metric's name ends in. */
  observe(labels: Labels, value: number): void;
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface MetricsRegistry {
  counter(name: string, help: string): Counter;
  histogram(name: string, help: string, buckets?: readonly number[]): Histogram;
  /** `read` is asked at each scrape; where it rejects, the others are shown without it. */
  gauge(name: string, help: string, read: () => Promise<readonly Sample[]>): void;
  render(): Promise<string>;
  /** The same registry for a part that may end before it. */
  scope(): MetricsScope;
}

/** What is counted goes on over all scopes, by name; what is read from a part ends with it. */
export interface MetricsScope extends MetricsRegistry {
  /** Takes its gauges away. */
  close(): void;
}

/** One metric as it stands in the text. */
type Lines = () => Promise<readonly string[]>;

/** From 1 ms to 5 minutes: an acknowledged ingest is at one end, a delivery after retries at the other. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createMetricsRegistry(): MetricsRegistry {
  const metrics = new Set<Lines>();
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();

  const registry: MetricsRegistry = {
    counter: (name, help) => once(counters, name, () => newCounter(name, help)),
    histogram: (name, help, buckets = SECONDS_BUCKETS) =>
      once(histograms, name, () => newHistogram(name, help, buckets)),
    gauge(name, help, read) {
      metrics.add(gaugeLines(name, help, read));
    },
    async render() {
      const parts = await Promise.all([...metrics].map((lines) => lines()));
      return `${parts.flat().join("\n")}\n`;
    },
    scope() {
      const own: Lines[] = [];
      return {
        ...registry,
        gauge(name, help, read) {
          const lines = gaugeLines(name, help, read);
          own.push(lines);
          metrics.add(lines);
        },
        close() {
          for (const lines of own) metrics.delete(lines);
        },
      };
    },
  };
  return registry;

  function newCounter(name: string, help: string): Counter {
    const totals = new Map<string, number>();
    metrics.add(async () => [
      ...head(name, help, "counter"),
      ...[...totals].map(([labels, total]) => `${name}${braces(labels)} ${total}`),
    ]);
    return {
      add(labels, amount = 1) {
        const key = labelText(labels);
        totals.set(key, (totals.get(key) ?? 0) + amount);
      },
    };
  }

  function newHistogram(name: string, help: string, buckets: readonly number[]): Histogram {
    const series = new Map<string, { readonly counts: number[]; count: number; sum: number }>();
    metrics.add(async () => [
      ...head(name, help, "histogram"),
      ...[...series].flatMap(([labels, { counts, count, sum }]) => [
        ...cumulative(counts).map((below, at) => `${name}_bucket${braces(labels, `le="${buckets[at]}"`)} ${below}`),
        `${name}_bucket${braces(labels, 'le="+Inf"')} ${count}`,
        `${name}_sum${braces(labels)} ${sum}`,
        `${name}_count${braces(labels)} ${count}`,
      ]),
    ]);
    return {
      observe(labels, value) {
        const key = labelText(labels);
        const one = series.get(key) ?? { counts: buckets.map(() => 0), count: 0, sum: 0 };
        series.set(key, one);
        one.count += 1;
        one.sum += value;
        const at = buckets.findIndex((bound) => value <= bound);
        if (at >= 0) one.counts[at] = (one.counts[at] ?? 0) + 1;
      },
    };
  }
}

function gaugeLines(name: string, help: string, read: () => Promise<readonly Sample[]>): Lines {
  return async () => {
    const samples = await read().catch(() => []);
    return [
      ...head(name, help, "gauge"),
      ...samples.map(({ labels, value }) => `${name}${braces(labelText(labels))} ${value}`),
    ];
  };
}

function once<Metric>(known: Map<string, Metric>, name: string, create: () => Metric): Metric {
  const metric = known.get(name) ?? create();
  known.set(name, metric);
  return metric;
}

function head(name: string, help: string, type: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

/** Buckets are counted one by one, and shown as the format wants them: each with all below it. */
function cumulative(counts: readonly number[]): readonly number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}

/** Hot paths hand in the same object each time; the text of it is made once. */
const labelTexts = new WeakMap<Labels, string>();

function labelText(labels: Labels): string {
  const known = labelTexts.get(labels);
  if (known !== undefined) return known;
  const text = formatLabels(labels);
  labelTexts.set(labels, text);
  return text;
}

function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
    )
    .join(",");
}

function braces(...labels: readonly string[]): string {
  const text = labels.filter((one) => one !== "").join(",");
  return text === "" ? "" : `{${text}}`;
}
