/** TriggerMesh's spelling of subscriptions. https://github.com/triggermesh/brokers */
import * as z from "zod";
import type { Bounds } from "../core/bounds.ts";
import { isObject, type JsonObject, member } from "../core/json.ts";
import type { DeliveryConfig, SubscriptionConfig } from "./config.ts";
import type { Problem } from "./faults.ts";
import { filterList } from "./filters.ts";
import { bounds } from "./schema-bounds.ts";
import { triggerDelivery } from "./schema-delivery.ts";
import { named } from "./schema-subscription.ts";
import { plainHttpTarget } from "./schema-target.ts";
import { section } from "./section.ts";
import { httpUrl } from "./urls.ts";
import { writtenByGo } from "./written-by-go.ts";

const deliveryOptions = writtenByGo(triggerDelivery);

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
  ({ filters, target, deliveryOptions, bounds }): Omit<SubscriptionConfig, "name"> => ({
    start: "earliest",
    filters,
    ...(bounds && { bounds }),
    target: plainHttpTarget(target.url),
    delivery: withAge(deliveryOptions ?? target.deliveryOptions ?? triggerDelivery.parse({}), bounds),
  }),
);

export const triggers = named(trigger);

/** Who names a part of the past wants it, however old it is. */
function withAge(delivery: DeliveryConfig, bounds: Bounds | undefined): DeliveryConfig {
  return bounds ? { ...delivery, maxAgeMs: Number.MAX_SAFE_INTEGER } : delivery;
}

function oneDelivery(written: JsonObject): Problem[] {
  if (written.deliveryOptions === undefined || !isObject(member(written.target, "deliveryOptions"))) return [];
  const message = "is given a second time; keep the deliveryOptions beside target";
  return [{ path: ["target", "deliveryOptions"], message }];
}
