/** `poolcast create`: objects for the manifest, by the words that tmctl takes. */
import { createHash } from "node:crypto";
import { Command } from "commander";
import type { ConfigFault } from "../config/config.ts";
import { parseJson } from "../core/json.ts";
import type { Result } from "../core/result.ts";
import {
  DEFAULT_BROKER,
  eventTypesFilter,
  isEventTypePattern,
  newBroker,
  newSource,
  newTrigger,
  sourcesFilter,
  targetOf,
} from "../manifest/create.ts";
import type { ManifestObject } from "../manifest/object.ts";
import { chooseBroker } from "../manifest/owner.ts";
import { isObjectName } from "../manifest/read-manifest.ts";
import { BROKER_LEAVES, DELIVERY_LEAVES, SOURCE_LEAVES } from "../manifest/schema.ts";
import { DEFAULT_MANIFEST } from "./manifest/file.ts";
import { flagValues, textOrFile, withLeaves } from "./manifest/flags.ts";
import { type SaveOptions, saveObjects } from "./manifest/save.ts";

type Options = SaveOptions & Readonly<Record<string, unknown>>;

interface SourceOptions extends SaveOptions {
  readonly name?: string;
  readonly broker?: string;
  readonly compat?: string;
}

interface TriggerOptions extends SaveOptions {
  readonly name?: string;
  readonly broker?: string;
  readonly target: string;
  readonly eventTypes: readonly string[];
  readonly source: readonly string[];
  readonly filter: readonly string[];
}

const NAME_FAULT = "must be lower-case letters, digits, dashes and dots, as all names in Kubernetes";
const KINDS = new Set(["awscognitouserpool", "awscognitouserpoolsource"]);

export function createCommand(): Command {
  const command = new Command("create").description("write a broker, a source or a subscription into the manifest");
  const add = (one: Command) =>
    command.addCommand(
      one
        .option("--manifest <file>", "the manifest to write to", DEFAULT_MANIFEST)
        .option("--json", "print the result as JSON"),
    );
  add(
    withLeaves(new Command("broker").description("a broker: on a Redis, or else on a SQLite file"), BROKER_LEAVES)
      .argument("[name]", "its name", DEFAULT_BROKER)
      .option("--group <name>", "first part of the names of its consumer groups")
      .action(createBroker),
  );
  add(
    withLeaves(new Command("source").description("a user pool"), SOURCE_LEAVES)
      .argument("<kind>", "awscognitouserpool")
      .option("--name <name>", "its name")
      .option("--broker <name>", "the broker it sends to")
      .option("--compat <triggermesh|none>", "whether TriggerMesh's own event comes beside the others")
      .action(createSource),
  );
  add(
    withLeaves(new Command("subscription").alias("trigger").description("what goes where"), DELIVERY_LEAVES)
      .requiredOption("--target <url>", "where events go: a URL, or the name of an object with an address")
      .option("--name <name>", "its name")
      .option("--broker <name>", "the broker that events come from")
      .option("--eventTypes <types>", "types with commas, as a.b, a.* or *.b; as often as needed", addAll, [])
      .option("--source <names>", "sources of the manifest whose events are meant", addAll, [])
      .option("--filter <json>", "a filter, or a file with it; of several all must hold", addOne, [])
      .action(createTrigger),
  );
  return command;
}

function createBroker(name: string, options: Options): void {
  saveObjects(options, () => {
    if (!isObjectName(name)) return refused("name", NAME_FAULT);
    const group = typeof options.group === "string" ? options.group : undefined;
    return newBroker(name, flagValues(BROKER_LEAVES, options), group);
  });
}

function createSource(kind: string, options: SourceOptions & Options): void {
  saveObjects(options, (present) => {
    if (!KINDS.has(kind.toLowerCase())) return refused("", "poolcast has one kind of source: awscognitouserpool");
    const values = flagValues(SOURCE_LEAVES, options);
    if (values.arn === undefined) return refused("--arn", "is required: the ARN of the user pool");
    const { name, compat } = options;
    if (name !== undefined && !isObjectName(name)) return refused("--name", NAME_FAULT);
    return withBroker(present, options.broker, (broker) => newSource(present, { name, broker, values, compat }));
  });
}

function createTrigger(options: TriggerOptions & Options): void {
  saveObjects(options, (present) => {
    if (options.name !== undefined && !isObjectName(options.name)) return refused("--name", NAME_FAULT);
    const target = targetOf(present, options.target);
    if (target === undefined) return refused("--target", "give a URL, or the name of an object with an address");
    if (!options.eventTypes.every(isEventTypePattern))
      return refused("--eventTypes", "give types, or some of one with a * before or behind it, as a.* or *_failed");
    const sources = sourcesFilter(present, options.source);
    if (sources.unknown.length > 0) return refused("--source", "names a source that is not in the manifest");
    const raw = options.filter.map((written) => parseJson(textOrFile(written)));
    if (raw.includes(undefined))
      return refused("--filter", 'give JSON, as {"exact":{"type":"..."}}, or a file with it');
    const filters = [eventTypesFilter(options.eventTypes), sources.filter, ...raw].filter((one) => one !== undefined);
    const values = flagValues(DELIVERY_LEAVES, options);
    return withBroker(present, options.broker, (broker) => {
      const trigger = newTrigger({ name: options.name, broker, filters, target, values }, sha256Hex);
      return { objects: [trigger], orphans: [] };
    });
  });
}

/** Without a broker in the manifest there is one to be made, of the default name. */
function withBroker(
  present: readonly ManifestObject[],
  wanted: string | undefined,
  make: (broker: ManifestObject) => {
    readonly objects: readonly ManifestObject[];
    readonly orphans: readonly string[];
  },
) {
  const chosen: Result<ManifestObject | undefined, ConfigFault> = chooseBroker(present, wanted);
  if (!chosen.ok) return refused(chosen.error.path, chosen.error.message);
  if (chosen.value !== undefined) return make(chosen.value);
  const { objects } = newBroker(DEFAULT_BROKER, {}, undefined);
  const [broker] = objects;
  if (broker === undefined) throw new Error("a broker was to be made");
  const made = make(broker);
  return { ...made, objects: [broker, ...made.objects] };
}

function refused(path: string, message: string) {
  return { objects: [], faults: [{ path, message }] };
}

function addAll(written: string, before: readonly string[]): readonly string[] {
  const all = written.split(",").map((one) => one.trim());
  return [...before, ...all.filter((one) => one !== "")];
}

function addOne(written: string, before: readonly string[]): readonly string[] {
  return [...before, written];
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
