import type * as z from "zod";
import type { JsonObject } from "../core/json.ts";
import type { DeliveryConfig } from "./config.ts";
import type { Problem } from "./faults.ts";
import { section } from "./section.ts";
import { deadLetterUrl } from "./urls.ts";
import { duration, integer, number, oneOf, readDuration } from "./values.ts";

const HOUR_MS = 3_600_000;
const DELAY_MS = 1000;

const retryShape = {
  retry: integer(0, 1_000_000).default(20),
  backoffPolicy: oneOf(["exponential", "linear", "constant"]).default("exponential"),
  backoffDelay: duration({ min: 0 }, "zero or longer").prefault("PT1S"),
  deadLetterURL: deadLetterUrl.optional(),
};

const flowShape = {
  backoffMax: duration().optional(),
  timeout: duration({ max: HOUR_MS }, "longer than zero and at most PT1H").prefault("PT15S"),
  maxAge: duration().prefault("P3D"),
  ordering: oneOf(["none", "key"]).default("none"),
  concurrency: integer(1, 1000).default(16),
  rate: number("a number of events per second, 0 for no limit", (rate) => rate >= 0).default(0),
  profile: oneOf(["default", "knative"]).default("default"),
};

const all = section({ ...retryShape, ...flowShape }, maxNotBelowDelay);
const flowDefaults = section(flowShape).parse({});

export const delivery = all.transform(toDelivery);

/** The options that a trigger of TriggerMesh has; the others are at their defaults. */
export const triggerDelivery = section(retryShape).transform((retry) => toDelivery({ ...flowDefaults, ...retry }));

function toDelivery(written: z.output<typeof all>): DeliveryConfig {
  const { backoffDelay, backoffMax, timeout, maxAge, deadLetterURL, ...options } = written;
  return {
    ...options,
    ...(deadLetterURL && { deadLetter: deadLetterURL }),
    backoffDelayMs: backoffDelay,
    // A first pause longer than the default ceiling is meant, and would be cut short silently.
    backoffMaxMs: backoffMax ?? Math.max(HOUR_MS, backoffDelay),
    timeoutMs: timeout,
    maxAgeMs: maxAge,
  };
}

function maxNotBelowDelay(written: JsonObject): Problem[] {
  const max = readDuration(written.backoffMax);
  const delay = readDuration(written.backoffDelay) ?? DELAY_MS;
  if (max === undefined || max >= delay) return [];
  return [{ path: ["backoffMax"], message: "must not be shorter than backoffDelay (PT1S by default)" }];
}
