/** Asks the gateway beside it whether it can commit; the image's HEALTHCHECK. Exits with 0 or 1. */
import { loadConfig } from "./dist/cli/load-config.js";

const config = loadConfig(undefined, process.env);
const EVERY_ADDRESS = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };

if (config.ok) {
  const { host, port } = config.value.listen;
  const reached = EVERY_ADDRESS[host] ?? (host.includes(":") ? `[${host}]` : host);
  const ready = await fetch(`http://${reached}:${port}/readyz`, { signal: AbortSignal.timeout(4000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
  process.exitCode = ready ? 0 : 1;
} else {
  process.exitCode = 1;
}
