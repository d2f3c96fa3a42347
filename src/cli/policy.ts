import { Command } from "commander";
import { awsNeeds, principalText } from "../config/aws-needs.ts";
import { iamPolicies, policyNotes, policyOf } from "../config/iam-policy.ts";
import { loadConfig, writeFaults } from "./load-config.ts";

export function policyCommand(): Command {
  return new Command("policy")
    .description("print the least IAM policy that the configuration needs")
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .option("--json", "print it as JSON, as it is printed without it too")
    .action(policy);
}

/** One principal's policy alone can be given to AWS as it is printed. */
function policy({ config: file }: { readonly config?: string }): void {
  const config = loadConfig(file, process.env);
  if (!config.ok) {
    writeFaults(config.error);
    process.exitCode = 2;
    return;
  }
  const needs = awsNeeds(config.value);
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
