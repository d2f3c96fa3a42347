/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable */
import { isObject } from "../core/json.ts";
import type { ManifestObject } from "./object.ts";

/** As Kubernetes takes it: a member that is null is absent. Not for filters, of which an emptied one may let more through. */
export function withoutNulls(object: ManifestObject): ManifestObject {
  const { spec } = object.tree;
  return spec === undefined ? object : { ...object, tree: { ...object.tree, spec: pruned(spec) } };
}

function pruned(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(pruned);
  if (!isObject(tree)) return tree;
  const given = Object.entries(tree).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, pruned(value)]));
}
