import { testGateway } from "../suites/gateway/index.ts";
import { processSite } from "../support/process-site.ts";
import { NODE } from "../support/runtimes.ts";

testGateway("Node", () => processSite(NODE));
