/** O6: a scan of the users poll beyond the network: pages compared with the memory in SQLite, news committed. */
import type { BenchCase } from "../context.ts";
import { numberOf, startHelper } from "../helpers/start-helper.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

/** In this order; how many of a hundred users changed since none had. */
const SCANS = [
  { words: "the first scan", changed: 0, target: TARGETS.usersPerSecond, mostMb: TARGETS.usersMemoryMb },
  { words: "nothing changed", changed: 0, target: TARGETS.usersPerSecond, mostMb: TARGETS.usersMemoryMb },
  { words: "one of a hundred changed", changed: 1, target: TARGETS.usersPerSecond, mostMb: TARGETS.usersMemoryMb },
  // As fast as the broker takes events; see O2.
  { words: "all others changed", changed: 100, target: undefined, mostMb: undefined },
];

export const usersCase: BenchCase = async ({ options, resources }) => {
  const figures = SCANS.map((scan) => ({
    ...scan,
    rates: [] as number[],
    cpu: [] as number[],
    memory: [] as number[],
  }));
  for (let round = 0; round < options.rounds; round++) {
    const { directory, stop } = resources.own(createWorkspace(options.directory));
    for (const { changed, rates, cpu, memory } of figures) {
      const helper = resources.own(startHelper("users-scan"));
      const answer = await helper.ask({ directory, users: options.users, changed });
      rates.push(numberOf(answer, "perSecond"));
      cpu.push(numberOf(answer, "cpuUsPerUser"));
      memory.push(numberOf(answer, "maxRssMb"));
      await helper.stop();
    }
    await stop();
  }
  return {
    baselines: [],
    measurements: figures.map(({ words, target, mostMb, rates, cpu, memory }) => ({
      label: `O6 users of a scan of ${options.users}: ${words}`,
      unit: "/s",
      rounds: rates,
      target,
      details: [
        { label: "processor time a user", unit: "µs", rounds: cpu },
        { label: "most memory (RSS)", unit: "MB", rounds: memory, target: mostMb },
      ],
    })),
    notes: [
      "O6: what a scan keeps is about 10 MB and a bit a user; the rest is room that V8 gives to garbage, the more the",
      "    faster it is made and the more memory the machine has. After a collection the heap is 12 MB, also where all changed.",
    ],
  };
};
