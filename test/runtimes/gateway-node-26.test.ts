import { existsSync } from "node:fs";
import { testGateway } from "../suites/gateway/index.ts";
import { processRuntime } from "../support/gateway-runtime.ts";
import { NODE_26, NODE_26_PROGRAM } from "../support/runtimes.ts";

if (!existsSync(NODE_26_PROGRAM)) throw new Error("Node 26 is missing: run `npm run setup`");

testGateway(processRuntime(NODE_26));
