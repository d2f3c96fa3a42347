/** The package as a consumer would have it, without packing it: test/package.test.ts does that, and one at a time may. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const NODE_MODULES = join(ROOT, "node_modules");

/** Builds it below the node_modules of `place`, beside those of its dependencies that `names` says. */
export function buildPackageInto(place: string, names: readonly string[]): void {
  const home = join(place, "node_modules", "poolcast");
  mkdirSync(home, { recursive: true });
  copyFileSync(join(ROOT, "package.json"), join(home, "package.json"));
  const tsc = join(NODE_MODULES, ".bin", "tsc");
  execFileSync(tsc, ["-p", join(ROOT, "tsconfig.build.json"), "--outDir", join(home, "dist")], { stdio: "pipe" });
  for (const name of names) {
    mkdirSync(dirname(join(place, "node_modules", name)), { recursive: true });
    symlinkSync(join(NODE_MODULES, name), join(place, "node_modules", name));
  }
}
