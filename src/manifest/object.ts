/** The Kubernetes objects of a manifest, and what is found wrong or worth knowing of them. */
import type { ConfigFault } from "../config/config.ts";
import { formatPath, type Path } from "../config/fault-path.ts";
import { type JsonObject, member } from "../core/json.ts";

export interface ManifestObject {
  /** As `eventing.triggermesh.io/v1alpha1`; `v1` for Kubernetes' own. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  /** The whole object, as it was written. */
  readonly tree: JsonObject;
}

/** What a reading of a manifest finds: faults refuse it, notes tell what is not as it was. Both name their place. */
export interface Findings {
  readonly faults: ConfigFault[];
  readonly notes: ConfigFault[];
}

export const EVENTING = "eventing.triggermesh.io";
export const SOURCES = "sources.triggermesh.io";
/** tmctl writes here which broker an object belongs to. */
export const CONTEXT_LABEL = "triggermesh.io/context";

/** The API group; empty for Kubernetes' own. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

export function isKind(object: ManifestObject, group: string, kind: string): boolean {
  return groupOf(object.apiVersion) === group && object.kind === kind;
}

export function isBroker(object: ManifestObject): boolean {
  return isKind(object, EVENTING, "RedisBroker") || isKind(object, EVENTING, "MemoryBroker");
}

/** `Trigger/crm`, or `Trigger/crm: spec.filters[0]`. */
export function placeOf({ kind, name }: ManifestObject, path: Path = []): string {
  return path.length === 0 ? `${kind}/${name}` : `${kind}/${name}: ${formatPath(path)}`;
}

/** An object without a namespace is in whichever one it will be applied to: that of the others. */
export function inReach(one: { readonly namespace?: string }, other: { readonly namespace?: string }): boolean {
  return one.namespace === undefined || other.namespace === undefined || one.namespace === other.namespace;
}

export function label(object: ManifestObject, name: string): string | undefined {
  return textAt(object.tree, ["metadata", "labels", name]);
}

export function annotation(object: ManifestObject, name: string): string | undefined {
  return textAt(object.tree, ["metadata", "annotations", name]);
}

export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce(member, tree);
}

/** Undefined where there is no text, or an empty one. */
export function textAt(tree: unknown, path: readonly string[]): string | undefined {
  const value = valueAt(tree, path);
  return typeof value === "string" && value !== "" ? value : undefined;
}
