/** Kubernetes objects of TriggerMesh's users, as trees of which a test changes a part. */
import type { ConfigFault } from "../../src/config/config.ts";
import { configurationOf, configurationText, type ManifestConfiguration } from "../../src/manifest/configuration.ts";
import type { ManifestObject } from "../../src/manifest/object.ts";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { manifestText } from "../../src/manifest/write-manifest.ts";
import { readManifestConfig } from "../../src/runtimes/read-manifest.ts";

export const ORCHARD = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orchard";
export const EVENTING = "eventing.triggermesh.io/v1alpha1";

type Tree = Readonly<Record<string, unknown>>;

export function redisBroker(name: string, spec?: Tree, metadata: Tree = {}) {
  return { apiVersion: EVENTING, kind: "RedisBroker", metadata: { name, ...metadata }, ...(spec && { spec }) };
}

export function secret(name: string, values: Readonly<Record<string, string>>, metadata: Tree = {}) {
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, btoa(value)]));
  return { apiVersion: "v1", kind: "Secret", metadata: { name, ...metadata }, type: "Opaque", data };
}

export function poolSource(name: string, spec: Tree = {}, metadata: Tree = {}) {
  const sink = { ref: { apiVersion: EVENTING, kind: "RedisBroker", name: "orders" } };
  return {
    apiVersion: "sources.triggermesh.io/v1alpha1",
    kind: "AWSCognitoUserPoolSource",
    metadata: { name, ...metadata },
    spec: { arn: ORCHARD, sink, ...spec },
  };
}

export function trigger(name: string, spec: Tree = {}, metadata: Tree = {}) {
  const broker = { group: "eventing.triggermesh.io", kind: "RedisBroker", name: "orders" };
  const target = { uri: "https://crm.example.com/hook" };
  return { apiVersion: EVENTING, kind: "Trigger", metadata: { name, ...metadata }, spec: { broker, target, ...spec } };
}

export function objectsOf(...trees: readonly unknown[]): readonly ManifestObject[] {
  const read = readManifest(manifestText(trees));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** What must be good. */
export function madeOf(...trees: readonly unknown[]): ManifestConfiguration {
  const made = configurationOf(objectsOf(...trees), undefined);
  if (!made.ok || made.value.faults.length > 0) throw new Error(JSON.stringify(made));
  return made.value;
}

/** The whole way to the configuration, which must be good. */
export function configOf(...trees: readonly unknown[]) {
  const config = readManifestConfig(manifestText(trees), undefined, {});
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return config.value.config;
}

/** The whole way, where there must be faults. */
export function faultsOf(...trees: readonly unknown[]): readonly ConfigFault[] {
  const config = readManifestConfig(manifestText(trees), undefined, {});
  if (config.ok) throw new Error(`no fault was found in ${configurationText(madeOf(...trees).tree)}`);
  return config.error;
}

export function faultPaths(...trees: readonly unknown[]): string[] {
  return faultsOf(...trees).map(({ path }) => path);
}
