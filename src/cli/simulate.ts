/** `poolcast simulate`: a day in a user pool, posted to a running gateway, so that one sees it work. */
import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import { DEFAULT_URL } from "./gateway-address.ts";
import { simulateDay } from "./simulate/day.ts";
import { closingText, openingLine, postLine } from "./simulate/report.ts";
import { runSimulation } from "./simulate/run.ts";
import { type RawOptions, readSettings } from "./simulate/settings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export function simulateCommand(): Command {
  return new Command("simulate")
    .description("post realistic records of a day in a user pool to a running gateway")
    .option("--url <url>", "URL of the gateway", DEFAULT_URL)
    .addOption(new Option("--api-key <key>", "sent as x-api-key").env("POOLCAST_API_KEY"))
    .option("--users <n>", "users in the pool", "5")
    .option("--seed <n>", "the same seed makes the same records (default: another one every time)")
    .option("--rate <n>", "records per second, 0 = as fast as possible", "20")
    .option("--json", "print one summary as JSON instead of a line per post")
    .action(simulate);
}

async function simulate(raw: RawOptions): Promise<void> {
  const read = readSettings(raw, () => randomInt(2 ** 32));
  if (!read.ok) {
    for (const fault of read.error) process.stderr.write(`poolcast: ${fault}\n`);
    process.exitCode = 2;
    return;
  }
  const settings = read.value;
  const { seed, users, json } = settings;
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on("error", () => {});

  // Yesterday's records: none of them is from a time that has not been yet.
  const posts = simulateDay({ seed, users, startMs: Date.now() - DAY_MS });
  if (!json) process.stdout.write(`${openingLine(settings)}\n\n`);
  const summary = await runSimulation(posts, settings, (post, answer) => {
    if (!json) process.stdout.write(`${postLine(post, answer)}\n`);
  });
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else if (summary.posts > 0) process.stdout.write(closingText(summary));
  if (summary.error !== undefined) process.stderr.write(`poolcast: ${summary.error}\n`);
  if (summary.error !== undefined || summary.refused.length > 0) process.exitCode = 1;
}
