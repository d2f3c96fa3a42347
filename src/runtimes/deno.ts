/**
 * The door for Deno: `deno run -A src/runtimes/deno.ts ARGS` takes the commands that `poolcast` takes on Node, by the same
 * code (docs/decisions/0016). Without a command it starts the gateway, since Deno Deploy calls an entry without arguments.
 */
import process from "node:process";
import { missingRight } from "./missing-right.ts";

/** Older ones lack what undici asks of node:worker_threads. */
const OLDEST_MINOR = [2, 8] as const;
const ABOUT_POOLCAST = new Set(["-h", "--help", "-V", "--version"]);

const [major = 0, minor = 0] = (process.versions.deno ?? "").split(".").map(Number);
const [oldestMajor, oldestMinor] = OLDEST_MINOR;

if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  process.stderr.write(`poolcast: this door needs Deno ${OLDEST_MINOR.join(".")} or newer: run \`deno upgrade\`\n`);
  process.exitCode = 2;
} else {
  const first = process.argv[2];
  if (first === undefined || (first.startsWith("-") && !ABOUT_POOLCAST.has(first))) process.argv.splice(2, 0, "start");
  // Not before the arguments are right: it reads them when it is loaded.
  await import("../cli/main.ts").catch((error: unknown) => {
    const missing = missingRight(error);
    if (missing === undefined) throw error;
    process.stderr.write(`poolcast: ${missing}\n`);
    process.exitCode = 2;
  });
}
