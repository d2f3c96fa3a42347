/** Objects into the manifest, if what it then says can be run; and what was done with them, told. */
import type { ConfigFault } from "../../config/config.ts";
import { err } from "../../core/result.ts";
import { configurationOf } from "../../manifest/configuration.ts";
import { isBroker, type ManifestObject, placeOf } from "../../manifest/object.ts";
import { brokerName } from "../../manifest/owner.ts";
import { type Change, mergeObjects } from "../../manifest/write-manifest.ts";
import { withoutControls } from "../../runtimes/log-writer.ts";
import { judgeManifest } from "../../runtimes/read-manifest.ts";
import { printJson } from "../admin/table.ts";
import { writeFaults } from "../load-config.ts";
import { readManifestFile, writeManifestFile } from "./file.ts";

export interface SaveOptions {
  readonly manifest: string;
  readonly json?: boolean;
}

/**
 * Nothing is written where something is wrong. `make` is given what the manifest holds. Ends with 0, or with 2 where
 * the manifest or what was asked for has faults.
 */
export function saveObjects(
  { manifest, json = false }: SaveOptions,
  make: (present: readonly ManifestObject[]) => {
    readonly objects: readonly ManifestObject[];
    readonly orphans?: readonly string[];
    readonly notes?: readonly ConfigFault[];
    readonly faults?: readonly ConfigFault[];
  },
): void {
  const present = readManifestFile(manifest);
  const {
    objects: incoming,
    orphans,
    notes: known = [],
    faults = [],
  } = present.ok ? make(present.value) : { objects: [], orphans: [], faults: present.error };
  const { objects, changes } = mergeObjects(present.ok ? present.value : [], incoming, orphans);
  const judged = faults.length > 0 ? { faults, notes: [] } : judgeAll(objects);
  const written = judged.faults.length > 0 ? err(judged.faults) : writeManifestFile(manifest, objects);
  if (written.ok) report(manifest, changes, once([...known, ...judged.notes]), json);
  else refuse(written.error, json);
}

/** Every broker of it is a gateway of its own. */
function judgeAll(objects: readonly ManifestObject[]) {
  const brokers = objects.filter(isBroker).map(brokerName);
  const faults: ConfigFault[] = [];
  const notes: ConfigFault[] = [];
  for (const broker of brokers.length === 0 ? [undefined] : brokers) {
    const made = configurationOf(objects, broker);
    const judged = made.ok ? judgeManifest(made.value, {}) : made;
    if (judged.ok) notes.push(...judged.value.notes);
    else faults.push(...judged.error);
  }
  return { faults: once(faults), notes };
}

function once(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

function refuse(faults: readonly ConfigFault[], json: boolean): void {
  if (json) printJson({ faults });
  else writeFaults(faults, "manifest");
  process.exitCode = 2;
}

function report(manifest: string, changes: readonly Change[], notes: readonly ConfigFault[], json: boolean): void {
  if (json) {
    printJson({ manifest, objects: changes.map(changeView), notes });
    return;
  }
  writeFaults(notes, "manifest");
  for (const { object, change } of changes) process.stdout.write(`${change} ${placeOf(object)}\n`);
  process.stdout.write(`next: poolcast start --from ${withoutControls(manifest)}\n`);
}

function changeView({ object: { apiVersion, kind, name, namespace }, change }: Change) {
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }), change };
}
