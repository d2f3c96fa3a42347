/** A gateway as a file for `docker compose`. What the image is like: docs/container.md. */
import type { JsonObject } from "../core/json.ts";
import type { Deployment } from "./deployment.ts";

/** Where a Redis beside the gateway is found. */
export const REDIS_BESIDE = "redis://redis:6379";

const PORT = 8080;

/** Without secrets their values come from the environment of `docker compose`, which asks for each. */
export function composeFile(
  deployment: Deployment,
  image: string,
  { withRedis, withSecrets }: { readonly withRedis: boolean; readonly withSecrets: boolean },
): JsonObject {
  const hasData = deployment.broker.kind === "sqlite";
  const volumes = [...(hasData ? ["data"] : []), ...(withRedis ? ["redis"] : [])];
  return {
    name: deployment.name,
    services: {
      gateway: {
        image,
        environment: environment(deployment, withSecrets),
        ports: [`${PORT}:${PORT}`],
        ...(hasData && { volumes: ["data:/data"] }),
        ...(withRedis && { depends_on: { redis: { condition: "service_healthy" } } }),
        healthcheck: {
          test: ["CMD", "/nodejs/bin/node", "/app/healthcheck.mjs"],
          interval: "30s",
          timeout: "5s",
          start_period: "10s",
          retries: 3,
        },
        restart: "unless-stopped",
        // Open requests and running tries get ten seconds each.
        stop_grace_period: "30s",
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      },
      ...(withRedis && { redis: redis() }),
    },
    ...(volumes.length > 0 && { volumes: Object.fromEntries(volumes.map((name) => [name, {}])) }),
  };
}

function environment({ configuration, variables }: Deployment, withSecrets: boolean): JsonObject {
  const given = variables.map(({ variable, value }) => [
    variable,
    withSecrets ? literal(value) : `\${${variable}:?set ${variable}}`,
  ]);
  return { POOLCAST_CONFIG: literal(configuration), ...Object.fromEntries(given) };
}

/** compose fills in variables of its own. https://docs.docker.com/reference/compose-file/interpolation/ */
function literal(text: string): string {
  return text.replaceAll("$", () => "$$");
}

/** An event is acknowledged when Redis has it: so it is on disk before that, and nothing is evicted. */
function redis(): JsonObject {
  return {
    image: "redis:8",
    command: ["redis-server", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"],
    volumes: ["redis:/data"],
    healthcheck: { test: ["CMD", "redis-cli", "ping"], interval: "5s", timeout: "3s", retries: 5 },
    restart: "unless-stopped",
  };
}
