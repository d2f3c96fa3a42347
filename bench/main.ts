/**
 * npm run bench: what this machine can do, and how much of it poolcast reaches. Every figure stands beside a baseline
 * of the same run; figures of different machines or runs say little about each other. Nothing is asserted.
 */
import { appendCase } from "./cases/append.ts";
import { batchCase } from "./cases/batch.ts";
import { deliveryCase } from "./cases/delivery.ts";
import { isolationCase } from "./cases/isolation.ts";
import { lookupCase } from "./cases/lookup.ts";
import { mapperCase } from "./cases/mapper.ts";
import { redisAppendCase } from "./cases/redis-append.ts";
import { redisConsumeCase } from "./cases/redis-consume.ts";
import { redisGroupsCase } from "./cases/redis-groups.ts";
import { redisMemoryCase } from "./cases/redis-memory.ts";
import { sqliteMemoryCase } from "./cases/sqlite-memory.ts";
import { startCase } from "./cases/start.ts";
import { subscriptionsCase } from "./cases/subscriptions.ts";
import { usersCase } from "./cases/users.ts";
import { webhookCase } from "./cases/webhook.ts";
import type { BenchCase } from "./context.ts";
import { describeMachine } from "./machine.ts";
import { type BenchOptions, type CaseName, parseOptions, USAGE } from "./options.ts";
import type { CaseReport } from "./report.ts";
import { createResources } from "./resources.ts";
import { renderTable } from "./table.ts";

const CASES: Readonly<Record<CaseName, BenchCase>> = {
  webhook: webhookCase,
  append: appendCase,
  delivery: deliveryCase,
  batch: batchCase,
  isolation: isolationCase,
  mapper: mapperCase,
  lookup: lookupCase,
  "redis-append": redisAppendCase,
  "redis-consume": redisConsumeCase,
  "redis-memory": redisMemoryCase,
  users: usersCase,
  start: startCase,
  "redis-groups": redisGroupsCase,
  subscriptions: subscriptionsCase,
  "sqlite-memory": sqliteMemoryCase,
};

let options: BenchOptions | "help";
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exit(2);
}
if (options === "help") console.log(USAGE);
else await run(options);

async function run(options: BenchOptions): Promise<void> {
  const resources = createResources();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await resources.release();
      process.exit(1);
    });
  }

  const machine = describeMachine(options.directory);
  const reports: CaseReport[] = [];
  for (const name of options.cases) {
    console.error(`measuring: ${name}`);
    try {
      reports.push(await CASES[name]({ options, resources }));
    } finally {
      await resources.release();
    }
  }
  if (options.json) console.log(JSON.stringify({ machine, options, reports }, null, 2));
  else process.stdout.write(renderTable(machine, reports, options.rounds));
}
