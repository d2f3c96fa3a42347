import { Command } from "commander";
import { awsNeeds } from "../config/aws-needs.ts";
import { checkAws } from "./doctor/check-aws.ts";
import { checkBroker } from "./doctor/check-broker.ts";
import { checkTargets } from "./doctor/check-reach.ts";
import { loadConfig, writeFaults } from "./load-config.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("make each call to AWS once that the configuration needs, look at the broker and the targets")
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .option("--json", "print the result as JSON")
    .action(doctor);
}

async function doctor({ config: file, json }: { readonly config?: string; readonly json?: boolean }): Promise<void> {
  const config = loadConfig(file, process.env);
  if (!config.ok) {
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, faults: config.error })}\n`);
    else writeFaults(config.error);
    process.exitCode = 2;
    return;
  }
  const needs = awsNeeds(config.value);
  const checks = [
    ...(await checkBroker(config.value.broker)),
    ...(await checkTargets(config.value)),
    ...(await checkAws(config.value, needs, process.env)),
  ];
  const failed = checks.filter(({ ok }) => !ok).length;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: failed === 0, checks }, null, 2)}\n`);
  } else {
    for (const { what, ok, error, advice } of checks) {
      process.stdout.write(`${ok ? "ok     " : "FAILED "} ${what}${error === undefined ? "" : `: ${error}`}\n`);
      if (advice !== undefined) process.stdout.write(`        ${advice}\n`);
    }
    if (needs.length === 0) process.stdout.write("this configuration asks nothing of AWS\n");
    process.stdout.write(failed === 0 ? "all is well\n" : `${failed} of ${checks.length} checks failed\n`);
  }
  process.exitCode = failed === 0 ? 0 : 1;
}
