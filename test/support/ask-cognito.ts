/**
 * A program that lists the app clients of a pool, as identity does, with the credentials that its environment and the
 * JSON in its argument give; once for each line on stdin. Prints the client ids, or the error's name.
 */
import { createInterface } from "node:readline";
import { processAws } from "../../src/runtimes/aws-adapters.ts";
import { createPoolDirectories } from "../../src/runtimes/pool-directory.ts";

const directory = createPoolDirectories(processAws(process.env))(JSON.parse(process.argv[2] ?? ""));
for await (const _ of createInterface({ input: process.stdin })) {
  const answer = await directory.listClients(undefined, new AbortController().signal);
  process.stdout.write(`${answer.ok ? answer.value.clientIds.join(",") : answer.error.error}\n`);
}
process.exit();
