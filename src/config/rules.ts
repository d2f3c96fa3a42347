import { given, type Rule } from "./section.ts";
import { formatChoices } from "./values.ts";

/** Of these keys one must be given, and no second one. */
export function exactlyOne(keys: readonly string[]): Rule {
  const message = `needs exactly one of ${formatChoices(keys)}`;
  return (written) => (given(written, keys).length === 1 ? [] : [{ path: [], message }]);
}
