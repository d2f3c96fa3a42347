#!/usr/bin/env node
/** Loads as little as it can before it knows what is asked for: a start waits for every module. */
import { readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";

const OLDEST_NODE = 24;

// Deno calls itself a Node, and keeps what it has compiled by itself.
if (process.versions.deno === undefined) {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    process.stderr.write(
      `poolcast: this is Node ${process.versions.node}, and it takes Node ${OLDEST_NODE} or newer: https://nodejs.org\n`,
    );
    process.exit(2);
  }
  // What was compiled once is found again, so that a start from the sources takes half the time. Beside the code, since
  // whoever can write there can change the code too; where nobody can, nothing is kept.
  module.enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/poolcast", import.meta.url)));
}

/** In the order in which the help lists them. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["start", async () => (await import("./start.ts")).startCommand()],
  ["check", async () => (await import("./check.ts")).checkCommand()],
  ["create", async () => (await import("./create.ts")).createCommand()],
  ["import", async () => (await import("./import.ts")).importCommand()],
  ["dump", async () => (await import("./dump.ts")).dumpCommand()],
  ["doctor", async () => (await import("./doctor.ts")).doctorCommand()],
  ["policy", async () => (await import("./policy.ts")).policyCommand()],
  ["simulate", async () => (await import("./simulate.ts")).simulateCommand()],
  ["send-event", async () => (await import("./send-event.ts")).sendEventCommand()],
  ["watch", async () => (await import("./watch.ts")).watchCommand()],
  ["subscription", async () => (await import("./subscription.ts")).subscriptionCommand()],
  ["dead", async () => (await import("./dead.ts")).deadCommand()],
  ["replay", async () => (await import("./replay.ts")).replayCommand()],
  ["erase", async () => (await import("./erase.ts")).eraseCommand()],
  ["types", async () => (await import("./types.ts")).typesCommand()],
]);

// Not earlier: an older Node may not be able to read it.
const { Command: Program, CommanderError } = await import("commander");

/** Two floors up from here, in the sources as in what is built of them. */
const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const program = new Program("poolcast").description(manifest.description).version(manifest.version).exitOverride();

// All of them only where it is not clear which is meant, as for the help.
const asked = COMMANDS.get(process.argv[2] ?? "");
for (const load of asked ? [asked] : COMMANDS.values()) program.addCommand(await load());

// `poolcast types | head`: a reader who has seen enough is no error. The gateway has its own view of that.
program.hook("preAction", (_, command) => {
  if (command.name() !== "start") process.stdout.on("error", () => process.exit());
});

// Sub-commands made apart do not inherit how the program leaves.
for (const command of program.commands) for (const one of [command, ...command.commands]) one.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are no errors; everything else commander throws is a usage error.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
