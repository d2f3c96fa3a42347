/** A manifest as a configuration: the text that poolcast.yaml would hold, judged by whoever judges that one. */
import { stringify } from "yaml";
import type { ConfigFault } from "../config/config.ts";
import { isObject, type JsonObject, member } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import { brokerSettings } from "./broker.ts";
import { findReferred, ownAddress } from "./destination.ts";
import { egressSettings } from "./egress.ts";
import { withoutNulls } from "./nulls.ts";
import { EVENTING, isBroker, isKind, type ManifestObject, SOURCES, valueAt } from "./object.ts";
import { chooseBroker, ownerOfSource, ownerOfTrigger } from "./owner.ts";
import { poolSettings } from "./pool-source.ts";
import { fault, note, type Reading, type SecretVariable, startReading } from "./reading.ts";
import { directSettings, triggerSettings } from "./trigger.ts";

export interface ManifestConfiguration extends Pick<Reading, "faults" | "notes" | "origins"> {
  /** The broker that the gateway is; undefined where the manifest has none. */
  readonly broker: ManifestObject | undefined;
  /** The sources whose pools are polled. */
  readonly sources: readonly ManifestObject[];
  /** As poolcast.yaml would hold it; secrets stand in it as `${NAME}`. */
  readonly tree: JsonObject;
  /** What those variables hold. */
  readonly secrets: readonly SecretVariable[];
}

/**
 * `wanted` is a broker's name; not needed where there is but one. `faults` are what no configuration would tell; where
 * there are some, it is not whole. `redisBeside` is the URL of a Redis for a RedisBroker that names none.
 */
export function configurationOf(
  written: readonly ManifestObject[],
  wanted: string | undefined,
  redisBeside?: string,
): Result<ManifestConfiguration, readonly ConfigFault[]> {
  const objects = written.map((one) => (isBroker(one) || isPoolSource(one) ? withoutNulls(one) : one));
  const chosen = chooseBroker(objects, wanted);
  if (!chosen.ok) return err([chosen.error]);
  const broker = chosen.value;
  const reading = startReading(objects);
  const sources = objects.filter(isPoolSource).filter((source) => {
    const owner = ownerOfSource(reading, source);
    return owner === undefined || owner === broker;
  });
  const triggers = objects.filter(isTrigger).filter((trigger) => {
    const owner = ownerOfTrigger(reading, trigger);
    return owner !== undefined && owner === broker;
  });
  const direct = sources.filter((source) => ownerOfSource(reading, source) === undefined);
  if (broker === undefined && sources.length === 0 && reading.faults.length === 0) {
    return err([{ path: "", message: "holds nothing that poolcast runs: no broker and no AWSCognitoUserPoolSource" }]);
  }
  const pools = sources.map((source, index) => poolSettings(reading, source, index));
  const subscriptions = [
    ...triggers.map((trigger) => [trigger, triggerSettings(reading, trigger)] as const),
    ...direct.map((source) => [source, directSettings(reading, source)] as const),
  ];
  nameOnce(
    reading,
    subscriptions.map(([object]) => object),
  );
  const egress = egressSettings(subscriptions.flatMap(([, settings]) => urlsOf(settings)));
  const tree = {
    ...(broker && { broker: brokerSettings(reading, broker, redisBeside) }),
    ...(egress && { egress }),
    ...(pools.length > 0 && { pools }),
    ...(subscriptions.length > 0 && {
      triggers: Object.fromEntries(subscriptions.map(([{ name }, settings]) => [name, settings])),
    }),
  };
  const referred = referredObjects(objects);
  for (const object of objects.filter((one) => !isTaken(one) && !referred.has(one))) {
    note(reading, object, [], "is of a kind that poolcast does not run; it is left out");
  }
  const { faults, notes, secrets, origins } = reading;
  return ok({ broker, sources, tree, secrets, faults, notes, origins });
}

/** The text of a configuration. A list or map that stands twice is written twice. */
export function configurationText(tree: JsonObject): string {
  return stringify(tree, { lineWidth: 0, aliasDuplicateObjects: false });
}

export function isTrigger(object: ManifestObject): boolean {
  return isKind(object, EVENTING, "Trigger");
}

export function isPoolSource(object: ManifestObject): boolean {
  return isKind(object, SOURCES, "AWSCognitoUserPoolSource");
}

/** What poolcast runs, and the Secrets that it needs for that. */
function isTaken(object: ManifestObject): boolean {
  return isBroker(object) || isTrigger(object) || isPoolSource(object) || isKind(object, "", "Secret");
}

/** Those by which destinations of triggers and sources are found. Of all at once: a manifest may hold thousands. */
export function referredObjects(objects: readonly ManifestObject[]): ReadonlySet<ManifestObject> {
  const found = objects
    .filter((one) => isTrigger(one) || isPoolSource(one))
    .flatMap((one) => DESTINATIONS.map((path) => findReferred(objects, one, valueAt(one.tree, [...path, "ref"]))));
  return new Set(found.filter((one) => one !== undefined).filter((one) => ownAddress(one) !== undefined));
}

export const DESTINATIONS: readonly (readonly string[])[] = [
  ["spec", "target"],
  ["spec", "delivery", "deadLetterSink"],
  ["spec", "sink"],
];

function nameOnce(reading: Reading, objects: readonly ManifestObject[]): void {
  const seen = new Map<string, ManifestObject>();
  for (const object of objects) {
    const before = seen.get(object.name);
    seen.set(object.name, object);
    if (before !== undefined) {
      fault(
        reading,
        object,
        ["metadata", "name"],
        `a subscription takes this name, and that of the ${before.kind} is the same`,
      );
    }
  }
}

function urlsOf(settings: JsonObject): string[] {
  const target = member(settings.target, "url");
  const deadLetters = isObject(settings.deliveryOptions) ? settings.deliveryOptions.deadLetterURL : undefined;
  return [target, deadLetters].filter((url) => typeof url === "string");
}
