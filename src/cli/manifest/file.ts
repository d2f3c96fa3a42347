/** The file that `create` and `import` write to. */
import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { ConfigFault } from "../../config/config.ts";
import { isObject } from "../../core/json.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ManifestObject } from "../../manifest/object.ts";
import { readManifest } from "../../manifest/read-manifest.ts";
import { holdsSecrets, manifestText } from "../../manifest/write-manifest.ts";

export const DEFAULT_MANIFEST = "./poolcast.manifest.yaml";

/** Nothing where there is no file yet. */
export function readManifestFile(path: string): Result<readonly ManifestObject[], readonly ConfigFault[]> {
  try {
    return readManifest(readFileSync(path, "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return ok([]);
    return err([{ path: "", message: `cannot read ${path}: ${codeOf(error)}` }]);
  }
}

/** As a whole or not at all; one with secrets is for its owner only. */
export function writeManifestFile(
  path: string,
  objects: readonly ManifestObject[],
): Result<void, readonly ConfigFault[]> {
  const mode = holdsSecrets(objects) ? 0o600 : modeOf(path);
  let written: string | undefined;
  try {
    // Whoever keeps it elsewhere and has a link here keeps the link.
    const target = realPath(path);
    written = `${target}.${process.pid}.tmp`;
    writeFileSync(written, manifestText(objects.map(({ tree }) => tree)), { mode, flag: "wx" });
    chmodSync(written, mode);
    renameSync(written, target);
    return ok(undefined);
  } catch (error) {
    if (written !== undefined && codeOf(error) !== "EEXIST") rmSync(written, { force: true });
    return err([{ path: "", message: `cannot write ${path}: ${codeOf(error)}` }]);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return 0o644;
  }
}

/** The system's own word for it, which holds nothing of the file. */
export function codeOf(error: unknown): string {
  if (isObject(error) && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : "failed";
}
