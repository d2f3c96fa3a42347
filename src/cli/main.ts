#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./check.ts";
import { doctorCommand } from "./doctor.ts";
import { policyCommand } from "./policy.ts";
import { simulateCommand } from "./simulate.ts";
import { startCommand } from "./start.ts";
import { subscriptionCommand } from "./subscription.ts";
import { typesCommand } from "./types.ts";

/** Two floors up from here, in the sources as in what is built of them. */
const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const program = new Command("poolcast")
  .description(manifest.description)
  .version(manifest.version)
  .exitOverride()
  .addCommand(startCommand())
  .addCommand(checkCommand())
  .addCommand(doctorCommand())
  .addCommand(policyCommand())
  .addCommand(simulateCommand())
  .addCommand(subscriptionCommand())
  .addCommand(typesCommand());

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
