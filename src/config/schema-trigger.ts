/** TriggerMesh's spelling of subscriptions. https://github.com/triggermesh/brokers */
import * as z from "zod";
import { isObject, type JsonObject, member } from "../core/json.ts";
import type { SubscriptionConfig } from "./config.ts";
import type { Problem } from "./faults.ts";
import { filterList } from "./filters.ts";
import { triggerDelivery } from "./schema-delivery.ts";
import { named } from "./schema-subscription.ts";
import { plainHttpTarget } from "./schema-target.ts";
import { refuse, section } from "./section.ts";
import { httpUrl } from "./urls.ts";
import { text } from "./values.ts";

const deliveryOptions = writtenByGo(triggerDelivery);

const range = writtenByGo(section({ start: text.optional(), end: text.optional() })).optional();

const bounds = writtenByGo(section({ byId: range, byDate: range })).transform((_, report): never =>
  refuse(report, {
    path: [],
    message: "replay bounds are not in this version",
  }),
);

const trigger = writtenByGo(
  section(
    {
      filters: filterList("absent").default([]),
      target: writtenByGo(
        section({
          url: httpUrl,
          deliveryOptions: deliveryOptions.optional(),
          // tmctl notes here which of its components it started; only the URL matters.
          component: z.unknown().optional(),
        }),
      ),
      deliveryOptions: deliveryOptions.optional(),
      bounds: bounds.optional(),
    },
    oneDelivery,
  ),
).transform(
  ({ filters, target, deliveryOptions }): Omit<SubscriptionConfig, "name"> => ({
    start: "earliest",
    filters,
    target: plainHttpTarget(target.url),
    delivery: deliveryOptions ?? target.deliveryOptions ?? triggerDelivery.parse({}),
  }),
);

export const triggers = named(trigger);

function oneDelivery(written: JsonObject): Problem[] {
  if (written.deliveryOptions === undefined || !isObject(member(written.target, "deliveryOptions"))) return [];
  const message = "is given a second time; keep the deliveryOptions beside target";
  return [{ path: ["target", "deliveryOptions"], message }];
}

/** Go writes what is not set as null. */
function writtenByGo<T extends z.ZodType>(schema: T) {
  return z.preprocess((input) => (isObject(input) ? withoutNulls(input) : input), schema);
}

function withoutNulls(written: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== null));
}
