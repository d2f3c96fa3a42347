/** Which broker the objects of a manifest belong to. One gateway is one broker. */
import type { ConfigFault } from "../config/config.ts";
import type { Path } from "../config/fault-path.ts";
import { err, ok, type Result } from "../core/result.ts";
import { findReferred } from "./destination.ts";
import { CONTEXT_LABEL, EVENTING, inReach, isBroker, label, type ManifestObject, textAt, valueAt } from "./object.ts";
import { fault, type Reading } from "./reading.ts";

const KIND_BY_SUFFIX: Readonly<Record<string, string>> = { rb: "RedisBroker", mb: "MemoryBroker" };
/** Where tmctl's containers find its broker. */
const TMCTL_HOST = "host.docker.internal";

/** As it is named on a command line: `orders`, or `shop/orders` where several namespaces have one. */
export function brokerName({ namespace, name }: ManifestObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The one that is meant; undefined where the manifest has none at all and none is asked for. */
export function chooseBroker(
  objects: readonly ManifestObject[],
  wanted: string | undefined,
): Result<ManifestObject | undefined, ConfigFault> {
  const brokers = objects.filter(isBroker);
  const matching =
    wanted === undefined ? brokers : brokers.filter((one) => one.name === wanted || brokerName(one) === wanted);
  if (matching.length === 1 || (wanted === undefined && brokers.length === 0)) return ok(matching[0]);
  const names = brokers.map(brokerName).join(", ");
  if (wanted === undefined || matching.length > 1) {
    return err({ path: "", message: `has several brokers, and a gateway is one: name it with --broker (${names})` });
  }
  return err({ path: "", message: `has no broker ${wanted}; it has ${names === "" ? "none" : names}` });
}

/** A Trigger names its broker, in its own namespace. */
export function ownerOfTrigger(reading: Reading, trigger: ManifestObject): ManifestObject | undefined {
  const path: Path = ["spec", "broker"];
  const reference = valueAt(trigger.tree, ["spec", "broker"]);
  const kind = textAt(reference, ["kind"]);
  const name = textAt(reference, ["name"]);
  if (kind === undefined || name === undefined)
    return fault(reading, trigger, path, "needs the kind and the name of a broker");
  const group = textAt(reference, ["group"]) ?? EVENTING;
  const owner = reading.objects.find(
    (one) => isBroker(one) && one.kind === kind && one.name === name && inReach(one, trigger),
  );
  if (owner !== undefined && group === EVENTING) return owner;
  return fault(reading, trigger, path, `${kind}/${name} is not in the manifest`);
}

/** The broker a source sends to, by a reference or by the address that TriggerMesh gives its brokers. */
export function ownerOfSource(
  { objects }: Pick<Reading, "objects">,
  source: ManifestObject,
): ManifestObject | undefined {
  const sink = valueAt(source.tree, ["spec", "sink"]);
  const referred = findReferred(objects, source, valueAt(sink, ["ref"]));
  if (referred !== undefined) return isBroker(referred) ? referred : undefined;
  const brokers = objects.filter((one) => isBroker(one) && inReach(one, source));
  const host = hostOf(textAt(sink, ["uri"]));
  const context = label(source, CONTEXT_LABEL);
  if (sink === undefined || host === TMCTL_HOST) {
    return brokers.find(({ name }) => name === context) ?? (brokers.length === 1 ? brokers[0] : undefined);
  }
  const [, name, suffix = ""] = /^([^.]+)-(rb|mb)-broker(?:\.|$)/.exec(host) ?? [];
  return brokers.find((one) => one.name === name && one.kind === KIND_BY_SUFFIX[suffix]);
}

function hostOf(uri: string | undefined): string {
  return uri !== undefined && URL.canParse(uri) ? new URL(uri).hostname : "";
}
