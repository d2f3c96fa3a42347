/** Where events go: `{ ref } | { uri }`, both joined where both are given. https://github.com/knative/specs */
import type { Path } from "../config/fault-path.ts";
import { isObject } from "../core/json.ts";
import { groupOf, inReach, type ManifestObject, textAt } from "./object.ts";
import { fault, type Reading } from "./reading.ts";

/** Kubernetes' own, and Knative's, which is reached at the same name. */
const SERVICE_GROUPS = new Set(["", "serving.knative.dev"]);
const DEFAULT_NAMESPACE = "default";

/**
 * The URL; undefined where a fault was found. `known` is what the object's own status says of it, in an export of a
 * cluster. What cannot be resolved by the manifest alone is a fault: an event for nobody would be lost silently.
 */
export function resolveDestination(
  reading: Reading,
  object: ManifestObject,
  path: Path,
  destination: unknown,
  known: string | undefined,
): string | undefined {
  const ref = isObject(destination) && isObject(destination.ref) ? destination.ref : undefined;
  const uri = textAt(destination, ["uri"]);
  if (ref === undefined) {
    if (uri === undefined) return fault(reading, object, path, "needs a ref or a uri");
    return URL.canParse(uri)
      ? uri
      : fault(reading, object, [...path, "uri"], "must be a whole URL where there is no ref");
  }
  const base = addressOf(reading, object, ref) ?? known ?? serviceAddress(object, ref);
  if (base === undefined) {
    const name = textAt(ref, ["name"]) ?? "NAME";
    const message = `${describe(ref)} has no address in the manifest: give its URL as uri, or import with --target ${name}=URL`;
    return fault(reading, object, [...path, "ref"], message);
  }
  if (uri === undefined) return base;
  return URL.canParse(uri, base) ? new URL(uri, base).href : fault(reading, object, [...path, "uri"], "is no URL");
}

/** What a ref points at, if it stands in the manifest. tmctl writes some kinds in lower case. */
export function findReferred(
  objects: readonly ManifestObject[],
  near: ManifestObject,
  ref: unknown,
): ManifestObject | undefined {
  const kind = textAt(ref, ["kind"])?.toLowerCase();
  const name = textAt(ref, ["name"]);
  const namespace = textAt(ref, ["namespace"]);
  const group = groupOfRef(ref);
  return objects.find(
    (one) =>
      one.kind.toLowerCase() === kind &&
      one.name === name &&
      (group === undefined || groupOf(one.apiVersion) === group) &&
      inReach(one, namespace === undefined ? near : { namespace }),
  );
}

function groupOfRef(ref: unknown): string | undefined {
  const apiVersion = textAt(ref, ["apiVersion"]);
  return textAt(ref, ["group"]) ?? (apiVersion === undefined ? undefined : groupOf(apiVersion));
}

/** https://github.com/knative/specs/blob/main/specs/eventing/overview.md#addressable */
function addressOf({ objects }: Reading, near: ManifestObject, ref: unknown): string | undefined {
  return ownAddress(findReferred(objects, near, ref));
}

/** As its status says, in an export of a cluster. */
export function ownAddress(object: ManifestObject | undefined): string | undefined {
  return textAt(object?.tree, ["status", "address", "url"]) ?? textAt(object?.tree, ["status", "url"]);
}

/** A Service has the same name in every cluster, so it need not stand in the manifest. */
function serviceAddress(object: ManifestObject, ref: unknown): string | undefined {
  const name = textAt(ref, ["name"]);
  const isService = textAt(ref, ["kind"]) === "Service" && SERVICE_GROUPS.has(groupOfRef(ref) ?? "");
  if (!isService || name === undefined) return undefined;
  const namespace = textAt(ref, ["namespace"]) ?? object.namespace ?? DEFAULT_NAMESPACE;
  return `http://${name}.${namespace}.svc.cluster.local`;
}

function describe(ref: unknown): string {
  return [textAt(ref, ["kind"]) ?? "what it names", textAt(ref, ["name"])]
    .filter((part) => part !== undefined)
    .join("/");
}
