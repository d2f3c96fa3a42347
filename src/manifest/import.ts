/** What is taken over of a manifest that comes from elsewhere: what poolcast runs, and nothing that only a cluster knows. */
import { isObject, type JsonObject } from "../core/json.ts";
import { DESTINATIONS, isPoolSource, isTrigger, referredObjects } from "./configuration.ts";
import { inReach, isBroker, isKind, type ManifestObject, textAt, valueAt } from "./object.ts";
import { put } from "./tree.ts";

/** `kubectl apply` keeps a copy of the object here, with what was in a Secret then. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const SERVER_METADATA = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "finalizers",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
]);
/** Where somebody is reached: what a reference is resolved by. */
const ADDRESSES = ["address", "url", "targetUri", "subscriberUri", "deadLetterSinkUri", "sinkUri"];

export interface Selection {
  readonly taken: readonly ManifestObject[];
  readonly left: readonly ManifestObject[];
}

export function selectObjects(objects: readonly ManifestObject[]): Selection {
  const referred = referredObjects(objects);
  const isTaken = (object: ManifestObject) =>
    isBroker(object) || isTrigger(object) || isPoolSource(object) || referred.has(object) || isRead(objects, object);
  return {
    taken: objects.filter(isTaken).map(withoutServerParts),
    // Secrets that nobody here asks for are nobody's business.
    left: objects.filter((object) => !isTaken(object) && !isKind(object, "", "Secret")),
  };
}

/** A Secret that a broker or a source reads. */
function isRead(objects: readonly ManifestObject[], object: ManifestObject): boolean {
  if (!isKind(object, "", "Secret")) return false;
  return objects
    .filter((one) => (isBroker(one) || isPoolSource(one)) && inReach(one, object))
    .some((one) => secretNames(one.tree.spec).includes(object.name));
}

function secretNames(tree: unknown): string[] {
  if (!isObject(tree)) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    const name = key === "valueFromSecret" || key === "secretKeyRef" ? textAt(value, ["name"]) : undefined;
    return name === undefined ? secretNames(value) : [name];
  });
}

/** What can be applied to another cluster. */
export function withoutServerParts(object: ManifestObject): ManifestObject {
  const members = Object.entries(object.tree).flatMap(([key, value]): [string, unknown][] => {
    if (key === "metadata" && isObject(value)) return [[key, cleanMetadata(value)]];
    if (key !== "status" || !isObject(value)) return key === "status" ? [] : [[key, value]];
    const addresses = pick(value, (one) => ADDRESSES.includes(one));
    return Object.keys(addresses).length > 0 ? [[key, addresses]] : [];
  });
  return { ...object, tree: Object.fromEntries(members) };
}

function cleanMetadata(metadata: JsonObject): JsonObject {
  const { annotations, ...others } = pick(metadata, (key) => !SERVER_METADATA.has(key));
  const own = isObject(annotations) ? pick(annotations, (key) => key !== LAST_APPLIED) : {};
  return { ...others, ...(Object.keys(own).length > 0 && { annotations: own }) };
}

function pick(object: JsonObject, isWanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => isWanted(key)));
}

/** Objects whose destinations of these names are URLs instead; names that no destination has are told. */
export function retarget(
  objects: readonly ManifestObject[],
  urls: ReadonlyMap<string, string>,
): { readonly objects: readonly ManifestObject[]; readonly unused: readonly string[] } {
  const used = new Set<string>();
  const changed = objects.map((object): ManifestObject => {
    if (!isTrigger(object) && !isPoolSource(object)) return object;
    const tree = DESTINATIONS.reduce((before, path) => {
      const name = textAt(valueAt(before, [...path, "ref"]), ["name"]);
      const url = name === undefined ? undefined : urls.get(name);
      if (name === undefined || url === undefined) return before;
      used.add(name);
      return put(before, path, { uri: url });
    }, object.tree);
    return { ...object, tree };
  });
  return { objects: changed, unused: [...urls.keys()].filter((name) => !used.has(name)) };
}
