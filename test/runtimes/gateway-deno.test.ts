import { testGateway } from "../suites/gateway/index.ts";
import { processRuntime } from "../support/gateway-runtime.ts";
import { DENO } from "../support/runtimes.ts";

testGateway(processRuntime(DENO));
