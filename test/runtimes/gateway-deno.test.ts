import { testGateway } from "../suites/gateway/index.ts";
import { processSite } from "../support/process-site.ts";
import { DENO } from "../support/runtimes.ts";

testGateway("Deno", () => processSite(DENO));
