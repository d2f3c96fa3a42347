/** A gateway to be run elsewhere: its configuration, and everything that has to be there for it. */
import type { BrokerConfig, Config, ConfigFault } from "../config/config.ts";
import { type Environment, variable, variablesIn } from "../config/interpolate.ts";
import { readYaml } from "../config/yaml-text.ts";
import type { JsonObject } from "../core/json.ts";
import { configurationText, type ManifestConfiguration } from "./configuration.ts";
import { inReach, type ManifestObject, textAt, valueAt } from "./object.ts";
import { type SecretVariable, secretVariable } from "./reading.ts";

export interface Deployment {
  /** Of the objects that are made: a DNS label. */
  readonly name: string;
  readonly namespace?: string;
  /** What poolcast.yaml is to hold. */
  readonly configuration: string;
  /** Where it keeps its events; of SQLite, how much room they may take. */
  readonly broker: { readonly kind: "redis" | "memory" } | { readonly kind: "sqlite"; readonly maxBytes: number };
  /** All that the configuration names as `${NAME}`. */
  readonly variables: readonly SecretVariable[];
  /** Secrets of a manifest that hold some of them. */
  readonly secrets: readonly ManifestObject[];
  readonly serviceAccount: { readonly name?: string; readonly roleArn?: string };
  /** Where its Service is asked. */
  readonly port: number;
}

/** A gateway that others than its own machine can reach lets nobody post without a key. */
export interface AccessKeys {
  readonly ingest: string;
  readonly admin: string;
}

const HTTP_PORT = 80;
const KEYED_ROUTES = ["eventbridge", "cloudtrail", "events"];

/** The configuration of a manifest with keys for its routes, which a manifest has no word for. */
export function withAccess(made: ManifestConfiguration, keys: AccessKeys): ManifestConfiguration {
  const secrets = [...made.secrets];
  const ingest = secretVariable({ secrets }, ["POOLCAST_INGEST_KEY"], keys.ingest);
  const admin = secretVariable({ secrets }, ["POOLCAST_ADMIN_KEY"], keys.admin);
  const routes = Object.fromEntries(KEYED_ROUTES.map((route) => [route, { apiKeys: [ingest] }]));
  const tree: JsonObject = { ...made.tree, ingest: routes, adminKeys: [admin] };
  return { ...made, tree, secrets };
}

/** `broker` is what the configuration turned out to say. */
export function deploymentOf(made: ManifestConfiguration, broker: Deployment["broker"]): Deployment {
  const name = deploymentName(made.broker ?? made.sources[0]);
  const read = made.secrets.flatMap(({ key }) => key?.secret ?? []);
  const namespace = [made.broker, ...made.sources, ...read].find((one) => one?.namespace !== undefined)?.namespace;
  const secrets = secretsBeside(read, { name, ...(namespace !== undefined && { namespace }) });
  const port = valueAt(made.broker?.tree, ["spec", "broker", "port"]);
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    configuration: configurationText(made.tree),
    broker,
    variables: made.secrets.map((one) => (one.key && secrets.includes(one.key.secret) ? one : ownOf(one))),
    secrets,
    serviceAccount: serviceAccountOf(made.sources),
    port: typeof port === "number" ? port : HTTP_PORT,
  };
}

/** A pod reads the Secrets of its namespace. One of another, or called as its own is, must not be put over those. */
function secretsBeside(
  read: readonly ManifestObject[],
  place: Pick<Deployment, "name" | "namespace">,
): readonly ManifestObject[] {
  const near = read.filter((one) => one.name !== place.name && inReach(one, place));
  return [...new Map(near.map((one) => [one.name, one])).values()];
}

/** As held by the pod's own Secret. */
function ownOf({ variable, value }: SecretVariable): SecretVariable {
  return { variable, value };
}

/** The same of a poolcast.yaml, whose variables `env` holds; one that is not there has a default in the text. */
export function deploymentOfText(
  text: string,
  config: Config,
  env: Environment,
  broker: Deployment["broker"],
): Deployment {
  const read = readYaml(text);
  // Not of the text itself, in whose comments others may be named.
  const named = read.ok ? variablesIn(JSON.stringify(read.value.value)) : new Set<string>();
  const names = [...named].filter((name) => !SET_BY_PLACE.has(name));
  const roleArn = config.pools.map(({ auth }) => auth?.iam?.roleArn).find((one) => one !== undefined);
  return {
    name: "poolcast",
    configuration: text,
    broker,
    variables: names.flatMap((name) => {
      const value = variable(env, name);
      return value === undefined ? [] : [{ variable: name, value }];
    }),
    secrets: [],
    serviceAccount: roleArn === undefined ? {} : { roleArn },
    port: HTTP_PORT,
  };
}

const SET_BY_PLACE = new Set(["HOST", "PORT"]);

/** What the place has to offer to keep events in; undefined where they would be kept outside its one volume. */
export function keptIn(broker: BrokerConfig): Deployment["broker"] | undefined {
  if (broker.kind === "sqlite") {
    return /^(?:\.?\/)?data\/(?!.*\.\.)/.test(broker.path)
      ? { kind: broker.kind, maxBytes: broker.maxBytes }
      : undefined;
  }
  return broker.kind === "durable-object" ? undefined : { kind: broker.kind };
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names */
function deploymentName(object: ManifestObject | undefined): string {
  const own = `poolcast-${object?.name ?? ""}`.replaceAll(".", "-").slice(0, 52);
  return own.replace(/-+$/, "");
}

/** One pod has one: the first that is named. Other roles can be had with its token, if they trust this account. */
function serviceAccountOf(sources: readonly ManifestObject[]): Deployment["serviceAccount"] {
  const [name] = namedBy(sources, ["spec", "auth", "iam", "serviceAccount"]);
  const [roleArn] = [
    ...namedBy(sources, ["spec", "auth", "iam", "roleArn"]),
    ...namedBy(sources, ["spec", "auth", "iamRole"]),
  ];
  return { ...(name !== undefined && { name }), ...(roleArn !== undefined && { roleArn }) };
}

function namedBy(sources: readonly ManifestObject[], path: readonly string[]): readonly string[] {
  return [...new Set(sources.flatMap(({ tree }) => textAt(tree, path) ?? []))];
}

/** What the first source's account and role leave out: TriggerMesh has a pod for each. */
export function otherAccounts({ sources }: ManifestConfiguration): readonly ConfigFault[] {
  const accounts = namedBy(sources, ["spec", "auth", "iam", "serviceAccount"]);
  const roles = namedBy(sources, ["spec", "auth", "iam", "roleArn"]);
  const named = [...accounts.slice(1), ...roles.slice(1)];
  const message = `one pod has one service account; let these trust it too: ${named.join(", ")}`;
  return named.length === 0 ? [] : [{ path: "", message }];
}
