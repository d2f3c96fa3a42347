/** Several texts of `MetricsRegistry.render` as one, in which a label of each sample says whose it is. */
export interface OwnedMetrics {
  readonly owner: string;
  readonly text: string;
}

interface Family {
  readonly head: string[];
  readonly samples: string[];
}

/**
 * `label` is the name of that label, which no sample has yet; owners need no escaping. All samples of a metric stand
 * together behind its one HELP and TYPE, as the format wants it.
 */
export function mergeMetrics(label: string, parts: readonly OwnedMetrics[]): string {
  const families = new Map<string, Family>();
  for (const { owner, text } of parts) {
    /** What nobody had before tells its HELP and TYPE here. */
    const own = new Set<string>();
    let family: Family | undefined;
    for (const line of text.split("\n")) {
      const [, name] = /^# (?:HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (name !== undefined) {
        if (!families.has(name)) own.add(name);
        family = families.get(name) ?? { head: [], samples: [] };
        families.set(name, family);
        if (own.has(name)) family.head.push(line);
      } else if (line !== "") {
        family?.samples.push(withLabel(line, `${label}="${owner}"`));
      }
    }
  }
  return `${[...families.values()].flatMap(({ head, samples }) => [...head, ...samples]).join("\n")}\n`;
}

function withLabel(sample: string, label: string): string {
  return sample.replace(/^(\w+)(\{)?/, (_, name: string, braces?: string) =>
    braces === undefined ? `${name}{${label}}` : `${name}{${label},`,
  );
}
