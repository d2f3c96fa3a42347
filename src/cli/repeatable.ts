/** Collects the values of an option that may be given several times; commander's way to say so, with `[]` to begin with. */
export function repeatable(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
