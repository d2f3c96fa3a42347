import { Command } from "commander";
import { awsNeeds, principalText } from "../config/aws-needs.ts";
import { iamPolicies, policyNotes, policyOf } from "../config/iam-policy.ts";
import { loadPlace, type PlaceOptions, placeOf, withPlaceOptions, wordFor, writeFaults } from "./load-config.ts";

export function policyCommand(): Command {
  return withPlaceOptions(new Command("policy").description("print the least IAM policy that the configuration needs"))
    .option("--json", "print it as JSON, as it is printed without it too")
    .action(policy);
}

/** One principal's policy alone can be given to AWS as it is printed. */
async function policy(options: PlaceOptions): Promise<void> {
  const place = await placeOf(options, process.env);
  const loaded = loadPlace(place, process.env);
  if (!loaded.ok) {
    writeFaults(loaded.error, wordFor(place));
    process.exitCode = 2;
    return;
  }
  const needs = awsNeeds(loaded.value.config);
  const policies = iamPolicies(needs);
  const named = policies.map((one) => ({ ...one, principal: principalText(one.principal) }));
  const printed = named.length > 1 ? { policies: named } : (named[0]?.policy ?? policyOf([]));
  process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`);

  const notes = policyNotes(needs);
  if (named.length === 0)
    process.stderr.write("poolcast: this configuration asks nothing of AWS, so it needs no policy\n");
  if (named.length === 1 && named[0]) {
    process.stderr.write(`poolcast: for ${named[0].principal}, because of ${named[0].usedBy.join(", ")}\n`);
  }
  for (const note of notes) process.stderr.write(`poolcast: ${note}\n`);
}
