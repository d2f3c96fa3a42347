/** The gateway's suite on a runtime that runs it as a process. */
import type { GatewayRuntime } from "../suites/gateway/runtime.ts";
import { startAwsProxy } from "./aws-proxy.ts";
import { makePlace } from "./gateway-process.ts";
import type { Runtime } from "./runtimes.ts";
import { HOST } from "./sns.ts";

export function processRuntime(runtime: Runtime): GatewayRuntime {
  return {
    name: runtime.name,
    loopback: true,
    async makeHome(answerAws) {
      const place = makePlace(runtime);
      const aws = await startAwsProxy(HOST, answerAws);
      return {
        reach: (url) => url,
        async start(config) {
          place.writeConfig(config);
          const gateway = await place.start({ env: aws.env });
          const end = async (signal: NodeJS.Signals, expected: number | NodeJS.Signals) => {
            const ended = await gateway.kill(signal);
            if (ended !== expected) throw new Error(`the gateway ended with ${ended}: ${gateway.stderr()}`);
          };
          return { url: gateway.url, stop: () => end("SIGTERM", 0), kill: () => end("SIGKILL", "SIGKILL") };
        },
        async remove() {
          await place.remove();
          await aws.close();
        },
      };
    },
  };
}
