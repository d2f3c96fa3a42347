import { Command } from "commander";
import { loadConfig, writeFaults } from "./load-config.ts";

export function checkCommand(): Command {
  return new Command("check")
    .description("validate the configuration and report every fault in it")
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .option("--json", "print the result as JSON")
    .action(check);
}

function check({ config: file, json }: { readonly config?: string; readonly json?: boolean }): void {
  const config = loadConfig(file, process.env);
  if (!config.ok) {
    if (json) process.stdout.write(`${JSON.stringify({ valid: false, faults: config.error })}\n`);
    else writeFaults(config.error);
    process.exitCode = 2;
    return;
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ valid: true, faults: [] })}\n`);
    return;
  }
  const { listen, broker, pools, subscriptions } = config.value;
  process.stdout.write(
    `the configuration is valid: ${listen.host}:${listen.port}, ${broker.kind} broker, ` +
      `${pools.length} pools, subscriptions: ${subscriptions.map(({ name }) => name).join(", ")}\n`,
  );
}
