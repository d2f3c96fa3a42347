import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { testGateway } from "../suites/gateway/index.ts";
import { bundleWorker, type RunningWorker, startWorker, type WorkerBundle } from "../support/worker.ts";

let bundle: WorkerBundle;
beforeAll(async () => {
  bundle = await bundleWorker();
}, 120_000);

testGateway("Workers", () => {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-objects-"));
  const workers: RunningWorker[] = [];
  return {
    async start(yaml) {
      const worker = await startWorker({ script: bundle.script, env: { POOLCAST_CONFIG: yaml }, directory });
      workers.push(worker);
      return { url: worker.url, kill: worker.stop };
    },
    async remove() {
      await Promise.all(workers.map((worker) => worker.stop()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
});
