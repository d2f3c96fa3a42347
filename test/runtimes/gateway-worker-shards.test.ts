import { testGateway } from "../suites/gateway/index.ts";
import { bundleWorker } from "../support/worker.ts";
import { workerRuntime } from "../support/worker-runtime.ts";

const { script } = await bundleWorker();

testGateway(workerRuntime(script, "210987654321.eu-central-1"));
