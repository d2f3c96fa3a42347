import type { GatewaySite } from "../suites/gateway/index.ts";
import { makePlace } from "./gateway-process.ts";
import type { Runtime } from "./runtimes.ts";

/** A directory in which processes of a runtime live one after the other. */
export function processSite(runtime: Runtime): GatewaySite {
  const place = makePlace(runtime);
  return {
    async start(yaml) {
      place.writeConfig(yaml);
      const { url, kill } = await place.start();
      return { url, kill: () => kill("SIGKILL") };
    },
    remove: () => place.remove(),
  };
}
