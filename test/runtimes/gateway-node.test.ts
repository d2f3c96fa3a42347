import { testGateway } from "../suites/gateway/index.ts";
import { processRuntime } from "../support/gateway-runtime.ts";
import { NODE } from "../support/runtimes.ts";

testGateway(processRuntime(NODE));
