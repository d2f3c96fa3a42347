import * as z from "zod";
import { isObject } from "../core/json.ts";
import type { SubscriptionConfig } from "./config.ts";
import { filterList } from "./filters.ts";
import { delivery } from "./schema-delivery.ts";
import { privacy } from "./schema-privacy.ts";
import { target } from "./schema-target.ts";
import { judge, note, refuse, section } from "./section.ts";
import { oneOf } from "./values.ts";

/** It is part of Redis keys, metric labels and command lines. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const shape = {
  start: oneOf(["earliest", "latest"]).default("earliest"),
  filters: filterList("refused").default([]),
  delivery: delivery.prefault({}),
  privacy: privacy.optional(),
};

const subscription = section({ ...shape, target });

export const subscriptions = named<Omit<SubscriptionConfig, "name">>(subscription);

/** What is handed to a program's own functions. */
export const handled = named<Omit<SubscriptionConfig, "name">>(
  section(shape).transform((written) => ({ ...written, target: { kind: "handler" as const } })),
);

/** A map of subscription names; the names move into the subscriptions. */
export function named<T extends object>(schema: z.ZodType<T>) {
  return z.unknown().transform((input, report): (T & { readonly name: string })[] => {
    if (!isObject(input)) return refuse(report, { path: [], message: "must be a map of names to subscriptions" });
    return Object.entries(input).map(([name, value]) => {
      if (!NAME.test(name)) {
        const message = "is not a name: a letter or digit, then up to 63 letters, digits, dots, dashes, underscores";
        note(report, { path: [name], message });
      }
      return { name, ...judge(schema, value, report, [name]) };
    });
  });
}

/** Where no subscription is configured, all events are printed; nothing but a closed pipe can fail there. */
export function impliedSubscription(): SubscriptionConfig {
  return {
    name: "stdout",
    start: "earliest",
    filters: [],
    target: { kind: "stdout" },
    delivery: { ...delivery.parse({}), retry: 1_000_000 },
  };
}
