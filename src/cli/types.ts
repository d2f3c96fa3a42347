import { Command } from "commander";
import { eventTypes } from "../events/registry.ts";

export function typesCommand(): Command {
  return new Command("types")
    .description("list every event type and when it comes")
    .argument("[prefix]", "only types whose name begins so; com.amazon.cognito-idp. may be left out")
    .option("--json", "print them as JSON, with the AWS actions behind each")
    .action(types);
}

const PREFIX = "com.amazon.cognito-idp.";

function types(prefix: string | undefined, { json }: { readonly json?: boolean }): void {
  const entries = [...eventTypes().values()].filter(
    ({ type }) => prefix === undefined || type.startsWith(prefix) || type.startsWith(PREFIX + prefix),
  );
  if (json) {
    const listed = entries.map(({ type, description, actions }) => ({ type, description, actions }));
    process.stdout.write(`${JSON.stringify({ types: listed }, null, 2)}\n`);
  } else {
    const width = Math.max(0, ...entries.map(({ type }) => type.length));
    for (const { type, description } of entries) process.stdout.write(`${type.padEnd(width)}  ${description}\n`);
  }
  // Nothing found is an answer a script wants to notice.
  if (entries.length === 0) process.exitCode = 1;
}
