import type { EventAttributes } from "./event.ts";

/**
 * CloudEvents Subscriptions API filter dialects, as data. Each object holds one dialect.
 * https://github.com/cloudevents/spec/blob/main/subscriptions/spec.md#324-filters
 */
export type Filter =
  | { readonly exact: AttributeMap }
  | { readonly prefix: AttributeMap }
  | { readonly suffix: AttributeMap }
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter };

export type AttributeMap = Readonly<Record<string, string>>;

/** True where the event passes every filter; a list without filters passes everything. */
export function matchesAll(filters: readonly Filter[], attributes: EventAttributes): boolean {
  return filters.every((filter) => matches(filter, attributes));
}

export function matches(filter: Filter, attributes: EventAttributes): boolean {
  if ("exact" in filter) return everyAttribute(filter.exact, attributes, (value, wanted) => value === wanted);
  if ("prefix" in filter) return everyAttribute(filter.prefix, attributes, (value, wanted) => value.startsWith(wanted));
  if ("suffix" in filter) return everyAttribute(filter.suffix, attributes, (value, wanted) => value.endsWith(wanted));
  if ("all" in filter) return matchesAll(filter.all, attributes);
  if ("any" in filter) return filter.any.some((one) => matches(one, attributes));
  return !matches(filter.not, attributes);
}

/** Several keys in one map mean AND; an attribute the event does not have never matches. */
function everyAttribute(
  wanted: AttributeMap,
  attributes: EventAttributes,
  test: (value: string, wanted: string) => boolean,
): boolean {
  for (const [name, text] of Object.entries(wanted)) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (value === undefined || !test(String(value), text)) return false;
  }
  return true;
}
