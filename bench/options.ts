import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

export const CASE_NAMES = [
  "webhook",
  "append",
  "delivery",
  "batch",
  "isolation",
  "mapper",
  "lookup",
  "users",
  "redis-append",
  "redis-consume",
  "redis-memory",
  "start",
  "redis-groups",
  "subscriptions",
  "sqlite-memory",
] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export interface BenchOptions {
  readonly rounds: number;
  /** One measurement lasts this long, after a warm-up that is not counted. */
  readonly windowMs: number;
  readonly warmUpMs: number;
  /** Events in the backlog that the delivery case drains, and those before them that are not counted. */
  readonly backlog: number;
  readonly backlogWarmUp: number;
  /** Events that the lookup case catches up on. */
  readonly catchUp: number;
  /** In the pool that the users case scans. */
  readonly users: number;
  readonly cases: readonly CaseName[];
  readonly json: boolean;
  /** Data is kept below this directory while the benchmark runs. */
  readonly directory: string;
  readonly cpuProfDirectory?: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  --rounds N       rounds of baseline and poolcast in turn (5)
  --quick          2 rounds of short measurements
  --only NAME      one of ${CASE_NAMES.join(", ")}
  --json           print JSON, with the figures of every round
  --dir DIR        keep the data below DIR; its disk is what is measured (the system's temporary directory)
  --cpu-prof DIR   write CPU profiles of the gateway to DIR; its figures are lower then`;

/** Throws where the arguments make no sense. */
export function parseOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      json: { type: "boolean", default: false },
      dir: { type: "string" },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { quick } = values;
  const rounds = Number(values.rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1 on");
  const cases = CASE_NAMES.filter((name) => values.only === undefined || name === values.only);
  if (cases.length === 0) throw new Error(`--only takes one of ${CASE_NAMES.join(", ")}`);
  return {
    rounds,
    windowMs: quick ? 600 : 2000,
    warmUpMs: quick ? 300 : 500,
    backlog: quick ? 3000 : 10_000,
    backlogWarmUp: quick ? 1000 : 2000,
    catchUp: quick ? 1500 : 3000,
    users: quick ? 20_000 : 100_000,
    cases,
    json: values.json,
    directory: values.dir ?? tmpdir(),
    cpuProfDirectory: values["cpu-prof"],
  };
}
