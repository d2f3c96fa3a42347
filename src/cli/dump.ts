/** `poolcast dump`: what runs a manifest, or a configuration, in Kubernetes or with docker compose. */
import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import type { Config, ConfigFault } from "../config/config.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { err, ok, type Result } from "../core/result.ts";
import { composeFile, REDIS_BESIDE } from "../manifest/compose.ts";
import { configurationOf } from "../manifest/configuration.ts";
import {
  type Deployment,
  deploymentOf,
  deploymentOfText,
  keptIn,
  otherAccounts,
  withAccess,
} from "../manifest/deployment.ts";
import { kubernetesObjects, secretKeys } from "../manifest/kubernetes.ts";
import { EVENTING, isKind, valueAt } from "../manifest/object.ts";
import { readManifest } from "../manifest/read-manifest.ts";
import { documentText, manifestText } from "../manifest/write-manifest.ts";
import { readConfig } from "../runtimes/read-config.ts";
import { judgeManifest } from "../runtimes/read-manifest.ts";
import { printJson } from "./admin/table.ts";
import { type PlaceOptions, withPlaceOptions, writeFaults } from "./load-config.ts";
import { fetchText } from "./manifest/fetch-text.ts";
import { DEFAULT_MANIFEST } from "./manifest/file.ts";

interface DumpOptions extends PlaceOptions {
  readonly platform: "kubernetes" | "docker-compose";
  readonly output: "yaml" | "json";
  readonly image: string;
  readonly secrets: boolean;
  readonly ingestKey?: string;
  readonly adminKey?: string;
}

interface Dumped {
  readonly deployment: Deployment;
  readonly withRedis: boolean;
  readonly notes: readonly ConfigFault[];
}

/** As the image listens. */
const HOST = "0.0.0.0";

export function dumpCommand(): Command {
  return withPlaceOptions(new Command("dump").description("print what runs a manifest elsewhere"))
    .addOption(
      new Option("-p, --platform <platform>", "where").choices(["kubernetes", "docker-compose"]).makeOptionMandatory(),
    )
    .addOption(new Option("-o, --output <format>", "format").choices(["yaml", "json"]).default("yaml"))
    .option("--no-secrets", "without the values of secrets, which then must be there")
    .option("--image <image>", "the image of poolcast", "poolcast")
    .addOption(new Option("--ingest-key <key>", "API key of the ingest routes").env("POOLCAST_INGEST_KEY"))
    .addOption(new Option("--admin-key <key>", "key of /metrics and /api").env("POOLCAST_ADMIN_KEY"))
    .action(dump);
}

async function dump(options: DumpOptions): Promise<void> {
  const what = options.config === undefined ? "manifest" : "configuration";
  const text = await fetchText(options.config ?? options.from ?? DEFAULT_MANIFEST);
  const made = text.ok ? read(text.value, options) : err([{ path: "", message: text.error }]);
  if (!made.ok) {
    writeFaults(made.error, what);
    process.exitCode = 2;
    return;
  }
  writeFaults(made.value.notes, what);
  print(made.value, options);
}

function read(text: string, options: DumpOptions): Result<Dumped, readonly ConfigFault[]> {
  return options.config === undefined ? ofManifest(text, options) : ofConfig(text);
}

function ofConfig(text: string): Result<Dumped, readonly ConfigFault[]> {
  const config = readConfig(text, { ...process.env, HOST });
  if (!config.ok) return config;
  const broker = keptIn(config.value.broker);
  if (broker === undefined) return err([{ path: "broker.path", message: OUTSIDE }]);
  return ok({ deployment: deploymentOfText(text, config.value, process.env, broker), withRedis: false, notes: [] });
}

const OUTSIDE = "must be below ./data: the image has no other place that stays";

function ofManifest(text: string, options: DumpOptions): Result<Dumped, readonly ConfigFault[]> {
  const objects = readManifest(text);
  if (!objects.ok) return objects;
  const beside = options.platform === "docker-compose" ? REDIS_BESIDE : undefined;
  const made = configurationOf(objects.value, options.broker, beside);
  if (!made.ok) return made;
  const keys = { ingest: options.ingestKey || newKey(), admin: options.adminKey || newKey() };
  const whole = withAccess(made.value, keys);
  const judged = judgeManifest(whole, { HOST });
  if (!judged.ok) return judged;
  const broker = keptIn(judged.value.config.broker);
  if (broker === undefined) throw new Error("the file of a manifest's broker is outside the volume");
  const { broker: object } = made.value;
  const withRedis =
    beside !== undefined &&
    object !== undefined &&
    isKind(object, EVENTING, "RedisBroker") &&
    valueAt(object.tree, ["spec", "redis", "connection"]) === undefined;
  const isNew = options.secrets && !(options.ingestKey && options.adminKey);
  const notes = [
    ...judged.value.notes,
    ...ownMachine(judged.value.config),
    ...otherAccounts(whole),
    ...(isNew ? [{ path: "", message: NEW_KEYS }] : []),
  ];
  return ok({ deployment: deploymentOf(whole, broker), withRedis, notes });
}

/** What was tried out on one machine is elsewhere in a pod. */
function ownMachine({ subscriptions }: Config): ConfigFault[] {
  const found = subscriptions.filter(
    ({ target }) => target.kind === "http" && isLoopbackHost(new URL(target.url).hostname),
  );
  const message = "sends to 127.0.0.1 or localhost, which there is the pod or the container itself";
  return found.map(({ name }) => ({ path: name, message }));
}

const NEW_KEYS =
  "has no keys for its routes; these are new ones, and the next dump has others: give --ingest-key and --admin-key";

function newKey(): string {
  return randomBytes(24).toString("base64url");
}

function print({ deployment, withRedis }: Dumped, options: DumpOptions): void {
  const { image, secrets: withSecrets, output } = options;
  if (options.platform === "docker-compose") {
    const file = composeFile(deployment, image, { withRedis, withSecrets });
    if (output === "json") printJson(file);
    else process.stdout.write(documentText(file));
    return;
  }
  const items = kubernetesObjects(deployment, image, withSecrets);
  if (output === "json") printJson({ apiVersion: "v1", kind: "List", items });
  else process.stdout.write(manifestText(items));
  if (withSecrets) return;
  for (const [name, keys] of secretKeys(deployment)) {
    process.stderr.write(`poolcast: Secret/${name} must be there with ${keys.join(", ")}\n`);
  }
}
