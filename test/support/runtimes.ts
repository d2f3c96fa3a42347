/** What runs the real gateway: the command before `start`. */
import { createRequire } from "node:module";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface Runtime {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

export const NODE: Runtime = { name: "Node", command: [process.execPath, join(ROOT, "src/cli/main.ts")] };

/** Brought by `npm run setup`, apart from the dependencies: two packages with a `node` would take each other's place. */
export const NODE_26_PROGRAM = join(import.meta.dirname, "node-26/node_modules/node/bin/node");

export const NODE_26: Runtime = { name: "Node 26", command: [NODE_26_PROGRAM, join(ROOT, "src/cli/main.ts")] };

/** The program itself: what npm links may be a script around it, at which a signal would end. */
export const DENO_PROGRAM: string = createRequire(import.meta.url)("deno/install_api.cjs").runInstall();

export const DENO: Runtime = {
  name: "Deno",
  command: [DENO_PROGRAM, "run", "-A", join(ROOT, "src/runtimes/deno.ts")],
};
