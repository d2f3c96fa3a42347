/** New objects for a manifest, as tmctl makes them of the same words. */
import { encodeBase64 } from "../core/event.ts";
import { isObject, type JsonObject } from "../core/json.ts";
import { readPoolArn } from "../core/pool-arn.ts";
import { GROUP_ANNOTATION } from "./broker.ts";
import { ownAddress } from "./destination.ts";
import { CONTEXT_LABEL, EVENTING, isBroker, isKind, type ManifestObject, SOURCES, textAt } from "./object.ts";
import { COMPAT_ANNOTATION } from "./pool-source.ts";
import { BROKER_LEAVES, DELIVERY_LEAVES, type FlagValues, SOURCE_LEAVES, type SpecParts, specOf } from "./schema.ts";

export const DEFAULT_BROKER = "default";
const VERSION = "v1alpha1";
const SOURCE_KIND = "AWSCognitoUserPoolSource";

export interface Created {
  readonly objects: readonly ManifestObject[];
  /** Secrets that were of the object as it was before, and are of nobody now. */
  readonly orphans: readonly string[];
}

export function newBroker(name: string, values: FlagValues, group: string | undefined): Created {
  const secretName = `${name}-broker-secret`;
  const parts = specOf(BROKER_LEAVES, values, secretName);
  const annotations = group === undefined ? {} : { [GROUP_ANNOTATION]: group };
  const spec = Object.keys(parts.spec).length > 0 ? parts.spec : undefined;
  return withSecret(objectOf(EVENTING, "RedisBroker", name, name, { annotations, spec }), secretName, parts, name);
}

export interface NewSource {
  readonly name: string | undefined;
  readonly broker: ManifestObject;
  readonly values: FlagValues;
  readonly compat: string | undefined;
}

export function newSource(present: readonly ManifestObject[], { name, broker, values, compat }: NewSource): Created {
  const own = name ?? sourceName(present, broker, String(values.arn));
  const secretName = `${own}-secret`;
  const parts = specOf(SOURCE_LEAVES, values, secretName);
  const annotations = compat === undefined ? {} : { [COMPAT_ANNOTATION]: compat };
  const sink = { ref: { apiVersion: broker.apiVersion, kind: broker.kind, name: broker.name } };
  const source = objectOf(SOURCES, SOURCE_KIND, own, broker.name, { annotations, spec: { ...parts.spec, sink } });
  return withSecret(source, secretName, parts, broker.name);
}

/** tmctl's name, and for a second pool one of its own: it must not take the place of the first. */
function sourceName(present: readonly ManifestObject[], broker: ManifestObject, arn: string): string {
  const usual = `${broker.name}-${SOURCE_KIND.toLowerCase()}`;
  const before = present.find((one) => isKind(one, SOURCES, SOURCE_KIND) && one.name === usual);
  if (before === undefined || textAt(before.tree, ["spec", "arn"]) === arn) return usual;
  const pool = readPoolArn(arn)
    .poolId.toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  return `${usual}-${pool}`;
}

export interface NewTrigger {
  readonly name: string | undefined;
  readonly broker: ManifestObject;
  readonly filters: readonly unknown[];
  readonly target: JsonObject;
  readonly values: FlagValues;
}

/** `hash` names a trigger that has no name by what it does, so that the same one is made once. */
export function newTrigger(
  { name, broker, filters, target, values }: NewTrigger,
  hash: (text: string) => string,
): ManifestObject {
  const own = name ?? `${broker.name}-trigger-${hash(JSON.stringify([target, filters])).slice(0, 8)}`;
  const { spec } = specOf(DELIVERY_LEAVES, values, "");
  const reference = { group: EVENTING, kind: broker.kind, name: broker.name };
  return objectOf(EVENTING, "Trigger", own, broker.name, {
    annotations: {},
    spec: { broker: reference, ...(filters.length > 0 && { filters }), target, ...spec },
  });
}

/** A type, or the beginning or end of one; nothing else is matched by filters. */
export function isEventTypePattern(written: string): boolean {
  return /^(?:\*?[^*]+|[^*]+\*)$/.test(written);
}

/** `*x` is what ends so, `x*` what begins so, as tmctl has it. Several are one filter: any of them will do. */
export function eventTypesFilter(types: readonly string[]): JsonObject | undefined {
  const filters = types.map((type) => {
    if (type.startsWith("*")) return { suffix: { type: type.replace(/^\*+/, "") } };
    return type.endsWith("*") ? { prefix: { type: type.replace(/\*+$/, "") } } : { exact: { type } };
  });
  return anyOf(filters);
}

/** Of sources by their names: what comes of their pools; the name of one that is not there where there is one. */
export function sourcesFilter(
  present: readonly ManifestObject[],
  names: readonly string[],
): { readonly filter: JsonObject | undefined; readonly unknown: readonly string[] } {
  const found = names.map((name) => present.find((one) => isKind(one, SOURCES, SOURCE_KIND) && one.name === name));
  return {
    filter: anyOf(found.map((source) => ({ exact: { source: textAt(source?.tree, ["spec", "arn"]) } }))),
    unknown: names.filter((_, index) => found[index] === undefined),
  };
}

function anyOf(filters: readonly JsonObject[]): JsonObject | undefined {
  return filters.length > 1 ? { any: filters } : filters[0];
}

/** A URL, or the name of something in the manifest that has an address. */
export function targetOf(present: readonly ManifestObject[], written: string): JsonObject | undefined {
  if (URL.canParse(written)) return { uri: written };
  const found = present.find((one) => one.name === written && !isBroker(one) && ownAddress(one) !== undefined);
  return found && { ref: { apiVersion: found.apiVersion, kind: found.kind, name: found.name } };
}

function withSecret(object: ManifestObject, secretName: string, { secrets }: SpecParts, context: string): Created {
  const data = Object.entries(secrets).map(([key, value]) => [key, encodeBase64(new TextEncoder().encode(value))]);
  if (data.length === 0) return { objects: [object], orphans: [secretName] };
  const secret = objectOf("", "Secret", secretName, context, {
    annotations: {},
    type: "Opaque",
    data: Object.fromEntries(data),
  });
  return { objects: [secret, object], orphans: [] };
}

function objectOf(
  group: string,
  kind: string,
  name: string,
  context: string,
  { annotations, ...members }: JsonObject & { readonly annotations: JsonObject },
): ManifestObject {
  const apiVersion = group === "" ? "v1" : `${group}/${VERSION}`;
  const metadata = {
    name,
    labels: { [CONTEXT_LABEL]: context },
    ...(isObject(annotations) && Object.keys(annotations).length > 0 && { annotations }),
  };
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  return { apiVersion, kind, name, tree: { apiVersion, kind, metadata, ...given } };
}
