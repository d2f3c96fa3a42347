import { Command } from "commander";
import { awsNeeds } from "../config/aws-needs.ts";
import { checkAws } from "./doctor/check-aws.ts";
import { checkBroker } from "./doctor/check-broker.ts";
import { checkTargets } from "./doctor/check-reach.ts";
import { loadPlace, type PlaceOptions, placeOf, withPlaceOptions, wordFor, writeFaults } from "./load-config.ts";

export function doctorCommand(): Command {
  return withPlaceOptions(
    new Command("doctor").description(
      "make each call to AWS once that the configuration needs, look at the broker and the targets",
    ),
  )
    .option("--json", "print the result as JSON")
    .action(doctor);
}

async function doctor({ json, ...options }: PlaceOptions & { readonly json?: boolean }): Promise<void> {
  const place = await placeOf(options, process.env);
  const loaded = loadPlace(place, process.env);
  if (!loaded.ok) {
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, faults: loaded.error })}\n`);
    else writeFaults(loaded.error, wordFor(place));
    process.exitCode = 2;
    return;
  }
  const { config } = loaded.value;
  const needs = awsNeeds(config);
  const checks = [
    ...(await checkBroker(config.broker)),
    ...(await checkTargets(config)),
    ...(await checkAws(config, needs, process.env)),
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
