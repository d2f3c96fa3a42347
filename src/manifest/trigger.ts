/** Trigger, and a source that sends to somebody else than a broker: both are subscriptions. */
import { isObject, type JsonObject, member } from "../core/json.ts";
import { resolveDestination } from "./destination.ts";
import { type ManifestObject, textAt, valueAt } from "./object.ts";
import { fault, from, literally, type Reading } from "./reading.ts";

const KNOWN = new Set(["broker", "filters", "target", "delivery", "bounds"]);

/** One of `triggers` of the configuration. What is in it is left to the configuration to judge: it is TriggerMesh's own. */
export function triggerSettings(reading: Reading, trigger: ManifestObject): JsonObject {
  const { tree, name } = trigger;
  const spec = valueAt(tree, ["spec"]);
  from(reading, ["triggers", name], trigger, ["spec"]);
  from(reading, ["triggers", name, "target", "url"], trigger, ["spec", "target"]);
  from(reading, ["triggers", name, "deliveryOptions"], trigger, ["spec", "delivery"]);
  from(reading, ["triggers", name, "deliveryOptions", "deadLetterURL"], trigger, [
    "spec",
    "delivery",
    "deadLetterSink",
  ]);
  // What is overlooked, such as a filter by another name, would let events through that were to be kept back.
  for (const key of Object.keys(isObject(spec) ? spec : {}).filter((one) => !KNOWN.has(one))) {
    fault(reading, trigger, ["spec", key], `is not known here; known are ${[...KNOWN].join(", ")}`);
  }
  const filters = member(spec, "filters");
  const bounds = member(spec, "bounds");
  const delivery = member(spec, "delivery");
  const known = textAt(tree, ["status", "targetUri"]) ?? textAt(tree, ["status", "subscriberUri"]);
  const url = resolveDestination(reading, trigger, ["spec", "target"], member(spec, "target"), known);
  return {
    ...(isSet(filters) && { filters: literally(filters) }),
    target: { url: literally(url) },
    ...(isSet(delivery) && { deliveryOptions: deliverySettings(reading, trigger, delivery) }),
    ...(isSet(bounds) && { bounds: literally(bounds) }),
  };
}

function deliverySettings(reading: Reading, trigger: ManifestObject, delivery: unknown): unknown {
  if (!isObject(delivery)) return delivery;
  const { deadLetterSink, ...options } = delivery;
  if (!isSet(deadLetterSink)) return literally(options);
  const known = textAt(trigger.tree, ["status", "deadLetterSinkUri"]);
  const path = ["spec", "delivery", "deadLetterSink"];
  const url = resolveDestination(reading, trigger, path, deadLetterSink, known);
  return { ...literally(options), deadLetterURL: literally(url) };
}

/** TriggerMesh's source needs no broker; it then sends what comes of its pool to one target. */
export function directSettings(reading: Reading, source: ManifestObject): JsonObject {
  const { tree, name } = source;
  from(reading, ["triggers", name], source, ["spec", "sink"]);
  const sink = valueAt(tree, ["spec", "sink"]);
  const url = resolveDestination(reading, source, ["spec", "sink"], sink, textAt(tree, ["status", "sinkUri"]));
  return {
    filters: [{ exact: { source: literally(valueAt(tree, ["spec", "arn"])) } }],
    target: { url: literally(url) },
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
