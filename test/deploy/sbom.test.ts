/** The list of parts: all that runs, nothing that only builds or tests, and each as the lock file has it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const MAX_DIRECT = 15;

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
const { dependencies, devDependencies, version } = read("package.json");
const { packages } = read("package-lock.json");

it("has few runtime dependencies", () => {
  expect(Object.keys(dependencies).length).toBeLessThanOrEqual(MAX_DIRECT);
});

it("lists what runs, in CycloneDX", () => {
  const bom: Bom = JSON.parse(execFileSync(process.execPath, ["scripts/sbom.ts"], { cwd: ROOT, encoding: "utf8" }));
  expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: expect.stringMatching(/^1\./) });
  expect(bom.metadata.component).toMatchObject({ name: "poolcast", version, purl: `pkg:npm/poolcast@${version}` });

  const byRef = new Map(bom.components.map((one) => [one["bom-ref"], one]));
  const [root, ...others] = bom.dependencies;
  expect(root?.ref).toBe(bom.metadata.component["bom-ref"]);
  expect(root?.dependsOn.map((ref) => byRef.get(ref)?.name).toSorted()).toEqual(Object.keys(dependencies).toSorted());
  expect(others.map(({ ref }) => ref).toSorted()).toEqual([...byRef.keys()].toSorted());
  for (const ref of bom.dependencies.flatMap(({ dependsOn }) => dependsOn)) expect(byRef.has(ref), ref).toBe(true);

  for (const { name, version, hashes } of bom.components) {
    expect(Object.hasOwn(devDependencies, name), name).toBe(false);
    const locked = packages[`node_modules/${name}`];
    expect(locked.version).toBe(version);
    const [, sha512] = locked.integrity.split("sha512-");
    expect(hashes).toEqual([{ alg: "SHA-512", content: Buffer.from(sha512, "base64").toString("hex") }]);
  }
});
