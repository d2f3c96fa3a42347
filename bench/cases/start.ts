/** O8: from nothing to a gateway that is ready, built and from its sources, and what it then holds; beside a bare Node. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BenchCase, BenchContext } from "../context.ts";
import { MAIN, startGateway } from "../gateway-process.ts";
import { processMemoryMiB } from "../process-memory.ts";
import type { Figure, Measurement } from "../report.ts";
import { TARGETS } from "../targets.ts";
import { createWorkspace } from "../workspace.ts";

const BUILT = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const IDLE_MS = 2000;
/** Somewhere to deliver to, which is not asked before there is an event. */
const SUBSCRIPTIONS = { crm: { target: { url: "http://127.0.0.1:9/" } } };

interface Start {
  readonly readyMs: number;
  readonly idleMiB: number;
}

export const startCase: BenchCase = async (context) => {
  if (!existsSync(BUILT)) throw new Error("there is no dist/: run `npm run build` first");
  const bare: number[] = [];
  const built: Start[] = [];
  const unbuilt: Start[] = [];
  // What Node keeps of what it compiled is there from the second start on, as it is for users.
  for (const entry of [BUILT, MAIN]) await measureStart(context, entry);
  for (let round = 0; round < context.options.rounds; round++) {
    bare.push(bareStartMs());
    built.push(await measureStart(context, BUILT));
    unbuilt.push(await measureStart(context, MAIN));
  }
  return {
    baselines: [{ label: "B10 a Node that ends at once", unit: "ms", rounds: bare }],
    measurements: [
      measurement("built", built, TARGETS.builtStartMs, TARGETS.builtIdleMiB),
      measurement("from the sources", unbuilt, TARGETS.unbuiltStartMs, TARGETS.unbuiltIdleMiB),
    ],
    notes: [`O8 ends when /readyz answers 200, on a new SQLite file; memory is taken ${IDLE_MS / 1000} s later.`],
  };
};

function measurement(
  what: string,
  starts: readonly Start[],
  ready: Figure["target"],
  idle: Figure["target"],
): Measurement {
  return {
    label: `O8 start to ready, ${what}`,
    unit: "ms",
    rounds: starts.map(({ readyMs }) => readyMs),
    target: ready,
    details: [{ label: "idle memory", unit: "MiB", rounds: starts.map(({ idleMiB }) => idleMiB), target: idle }],
  };
}

function bareStartMs(): number {
  const fromMs = performance.now();
  execFileSync(process.execPath, ["-e", "0"]);
  return performance.now() - fromMs;
}

async function measureStart({ options, resources }: BenchContext, entry: string): Promise<Start> {
  const { directory, stop } = resources.own(createWorkspace(options.directory));
  const fromMs = performance.now();
  const gateway = resources.own(
    await startGateway({ directory, apiKey: "not-used-here", subscriptions: SUBSCRIPTIONS, entry }),
  );
  const ready = await fetch(`http://127.0.0.1:${gateway.port}/readyz`);
  const readyMs = performance.now() - fromMs;
  if (ready.status !== 200) throw new Error(`the gateway is not ready: ${ready.status}`);
  await new Promise((done) => setTimeout(done, IDLE_MS));
  const idleMiB = processMemoryMiB(gateway.pid);
  await gateway.stop();
  await stop();
  return { readyMs, idleMiB };
}
