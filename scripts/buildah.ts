import { spawnSync } from "node:child_process";

/** Runs buildah and answers what it printed; throws with the end of what it said where it fails. */
export function buildah(...args: readonly string[]): string {
  const run = spawnSync("buildah", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (run.status === 0) return run.stdout.trim();
  const said = `${run.stdout ?? ""}${run.stderr ?? ""}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`buildah ${args[0]} ended with ${run.status ?? run.error?.message}:\n${said}`);
}

export function hasBuildah(): boolean {
  return spawnSync("buildah", ["--version"]).status === 0;
}

/** Whether the image is here, or can be fetched. */
export function canPull(image: string): boolean {
  return spawnSync("buildah", ["pull", "--policy", "missing", image], { timeout: 120_000 }).status === 0;
}
