/** A text of YAML or JSON documents, as tmctl writes them and `kubectl get -o yaml` prints them, to its objects. */
import type { ConfigFault } from "../config/config.ts";
import { formatPath, type Path } from "../config/fault-path.ts";
import { readYamlDocuments } from "../config/yaml-text.ts";
import { isObject, member } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import { groupOf, type ManifestObject, placeOf } from "./object.ts";

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const KIND = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
const API_VERSION = /^(?:[a-z0-9.-]{1,253}\/)?v[a-z0-9]{1,62}$/;

/** What is of no group of ours is only told of, so it may be called as its kind allows: `system:node`, or nothing. */
const FOREIGN_NAME = /^[^\p{Cc}]{1,253}$/u;
const UNNAMED = "(unnamed)";

/** All objects in their order, or everything that keeps them from being read. */
export function readManifest(text: string): Result<readonly ManifestObject[], readonly ConfigFault[]> {
  const faults: ConfigFault[] = [];
  const objects: ManifestObject[] = [];
  for (const [index, document] of readYamlDocuments(text).entries()) {
    const at = (path: Path) => [`document ${index + 1}`, formatPath(path)].filter((part) => part !== "").join(": ");
    const problems = document.ok ? document.value.problems : document.error;
    faults.push(...problems.map(({ path, message }) => ({ path: at(path), message })));
    if (!document.ok) continue;
    for (const { path, value } of itemsOf(document.value.value, [])) {
      const object = readObject(value);
      if (typeof object === "string") faults.push({ path: at(path), message: object });
      else objects.push(object);
    }
  }
  faults.push(...twice(objects));
  return faults.length > 0 ? err(faults) : ok(objects);
}

/** What `kubectl get` prints for several is one list; what stands between two `---` may be nothing. */
function itemsOf(value: unknown, path: Path): { readonly path: Path; readonly value: unknown }[] {
  if (value === null) return [];
  const items = member(value, "items");
  const kind = member(value, "kind");
  if (!Array.isArray(items) || typeof kind !== "string" || !kind.endsWith("List")) return [{ path, value }];
  return items.flatMap((item, index) => itemsOf(item, [...path, "items", index]));
}

function readObject(value: unknown): ManifestObject | string {
  if (!isObject(value)) return "must be a Kubernetes object: a map with apiVersion, kind and metadata.name";
  const { apiVersion, kind, metadata } = value;
  const name = member(metadata, "name");
  const namespace = member(metadata, "namespace") ?? undefined;
  if (!matches(apiVersion, API_VERSION)) return "needs an apiVersion such as eventing.triggermesh.io/v1alpha1";
  if (!matches(kind, KIND)) return "needs a kind such as Trigger";
  if (!isOurs(apiVersion)) return { apiVersion, kind, name: matches(name, FOREIGN_NAME) ? name : UNNAMED, tree: value };
  if (!matches(name, NAME)) return "needs a metadata.name: lower-case letters, digits, dashes and dots";
  if (namespace !== undefined && !matches(namespace, NAMESPACE)) return "has a metadata.namespace that can be none";
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }), tree: value };
}

/** Kubernetes' own have Secrets and Services; references lead to Knative's. */
function isOurs(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return group === "" || group.endsWith("triggermesh.io") || group.endsWith("knative.dev");
}

/** Whether an object can have this name. */
export function isObjectName(name: string): boolean {
  return NAME.test(name);
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

function twice(objects: readonly ManifestObject[]): ConfigFault[] {
  const seen = new Set<string>();
  const ours = objects.filter(({ apiVersion }) => isOurs(apiVersion));
  return ours.flatMap((object) => {
    const key = keyOf(object);
    const isSecond = seen.has(key);
    seen.add(key);
    return isSecond ? [{ path: placeOf(object), message: "stands in the manifest a second time" }] : [];
  });
}

/** What makes an object the same one as before, whatever its version. */
function keyOf({ apiVersion, kind, namespace = "", name }: ManifestObject): string {
  return [groupOf(apiVersion), kind, namespace, name].join("/");
}
