/** `poolcast import`: a manifest of tmctl, or what `kubectl get -o yaml` prints, into the manifest that poolcast runs. */
import { Command, InvalidArgumentError } from "commander";
import type { ConfigFault } from "../config/config.ts";
import { retarget, selectObjects } from "../manifest/import.ts";
import { placeOf } from "../manifest/object.ts";
import { readManifest } from "../manifest/read-manifest.ts";
import { fetchText } from "./manifest/fetch-text.ts";
import { DEFAULT_MANIFEST } from "./manifest/file.ts";
import { type SaveOptions, saveObjects } from "./manifest/save.ts";

interface ImportOptions extends SaveOptions {
  readonly from: string;
  readonly target: ReadonlyMap<string, string>;
}

export function importCommand(): Command {
  return new Command("import")
    .description("take over a manifest of TriggerMesh: of tmctl, or an export by kubectl")
    .requiredOption("-f, --from <manifest>", "file, URL, or - for stdin")
    .option(
      "--target <name=url>",
      "where a target is that the manifest only names; as often as needed",
      addTarget,
      new Map(),
    )
    .option("--manifest <file>", "the manifest to write to", DEFAULT_MANIFEST)
    .option("--json", "print the result as JSON")
    .action(importManifest);
}

function addTarget(written: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, name, url] = /^([^=]+)=(.+)$/.exec(written) ?? [];
  if (name === undefined || url === undefined) throw new InvalidArgumentError("give NAME=URL");
  return new Map([...before, [name, url]]);
}

async function importManifest({ from, target, ...options }: ImportOptions): Promise<void> {
  const text = await fetchText(from);
  saveObjects(options, () => {
    if (!text.ok) return refused([{ path: "", message: text.error }]);
    const read = readManifest(text.value);
    if (!read.ok) return refused(read.error);
    const { objects, unused } = retarget(read.value, target);
    if (unused.length > 0) {
      return refused(unused.map((name) => ({ path: "--target", message: `nothing in the manifest sends to ${name}` })));
    }
    const { taken, left } = selectObjects(objects);
    const message = "is of a kind that poolcast does not run; it is left out";
    if (taken.length === 0)
      return refused([
        { path: "", message: "holds nothing that poolcast runs" },
        ...left.map((one) => ({ path: placeOf(one), message })),
      ]);
    return { objects: taken, notes: left.map((one) => ({ path: placeOf(one), message })) };
  });
}

function refused(faults: readonly ConfigFault[]) {
  return { objects: [], faults };
}
