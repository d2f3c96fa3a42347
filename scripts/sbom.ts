/**
 * `npm run sbom`: what poolcast consists of where it runs, as CycloneDX on stdout, from the lock file.
 *
 * `npm sbom --omit dev` is not used: it leaves out what a development dependency can use too, even where poolcast itself
 * needs it. So everything is taken that the dependencies lead to, and nothing else.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
}

interface Bom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const ROOT = join(import.meta.dirname, "..");
const MAX_BYTES = 64 * 1024 * 1024;

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const all: Bom = JSON.parse(
  execFileSync("npm", ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: MAX_BYTES,
  }),
);
const names = new Map(all.components.map((one) => [one["bom-ref"], one.name]));
const dependsOn = new Map(all.dependencies.map((one) => [one.ref, one.dependsOn]));
const root = all.metadata.component;
const direct = (dependsOn.get(root["bom-ref"]) ?? []).filter((ref) =>
  Object.hasOwn(manifest.dependencies, names.get(ref) ?? ""),
);

const reached = new Set<string>();
const visit = (ref: string): void => {
  if (reached.has(ref)) return;
  reached.add(ref);
  for (const next of dependsOn.get(ref) ?? []) visit(next);
};
direct.forEach(visit);

const bom = {
  ...all,
  // npm calls it by the name of its directory.
  metadata: { ...all.metadata, component: { ...root, name: manifest.name } },
  components: all.components.filter((one) => reached.has(one["bom-ref"])),
  dependencies: [
    { ref: root["bom-ref"], dependsOn: direct },
    ...all.dependencies.filter(({ ref }) => reached.has(ref)),
  ],
};
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
