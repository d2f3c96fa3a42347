import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface Workspace {
  readonly directory: string;
  stop(): Promise<void>;
}

/** A directory of its own, gone with everything in it afterwards. */
export function createWorkspace(parent: string): Workspace {
  const directory = mkdtempSync(join(parent, "poolcast-bench-"));
  return {
    directory,
    async stop() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
