/** The image and the compose file, by their texts; `npm run image:check` builds and boots them where buildah is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dockerfileFaults, ignoreFaults, parseDockerfile } from "../../scripts/image-rules.ts";
import { parseConfig } from "../../src/config/parse.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const dockerfile = read("Dockerfile");

describe("the Dockerfile", () => {
  it("holds the rules", () => {
    expect(dockerfileFaults(dockerfile)).toEqual([]);
    expect(ignoreFaults(read(".dockerignore"))).toEqual([]);
  });

  it.each([
    ["FROM ${RUNTIME_IMAGE}", "FROM node:24", "pin it by digest"],
    ["nodejs24-debian13:nonroot", "nodejs24-debian13", "names no version"],
    ["24-bookworm-slim", "latest", "names no version"],
    ["npm ci --omit=dev --ignore-scripts", "npm ci --omit=dev", "runs scripts"],
    ["npm ci --omit=dev --ignore-scripts", "npm ci --ignore-scripts", "production dependencies"],
    ["npm ci --omit=dev --ignore-scripts", "npm install --omit=dev --ignore-scripts", "lock file"],
    ["USER 65532:65532", "USER nonroot", "USER"],
    ["USER 65532:65532", "USER 0", "USER"],
    ["USER 65532:65532", "RUN id", "no shell"],
    ['CMD ["start"]', "CMD start", "CMD is not in exec form"],
    ['ENTRYPOINT ["/nodejs/bin/node"', 'ENTRYPOINT ["npm"', "keeps signals"],
    ['CMD ["/nodejs/bin/node", "/app/healthcheck.mjs"]', "CMD node /app/healthcheck.mjs", "HEALTHCHECK"],
    ['VOLUME ["/data"]', 'VOLUME ["/data", "/tmp"]', "volume"],
    ["STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "STOPSIGNAL"],
    ["NODE_ENV=production", "NODE_ENV=development", "NODE_ENV"],
    ["image.revision=", "image.built=", "image.revision"],
    ["COPY package.json LICENSE /app/", "COPY . /app/", "whole directory"],
    ["COPY package.json LICENSE /app/", "ADD package.json LICENSE /app/", "ADD"],
    ["ARG VERSION=0.0.0", "ARG NPM_TOKEN=x", "secret"],
  ])("is refused where %s becomes %s", (now, then, fault) => {
    expect(dockerfile).toContain(now);
    expect(dockerfileFaults(dockerfile.replaceAll(now, then)).join("\n")).toContain(fault);
  });

  it("copies only what exists and .dockerignore lets in", () => {
    const letIn = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = parseDockerfile(dockerfile)
      .filter(({ name, value }) => name === "COPY" && !value.includes("--from="))
      .flatMap(({ value }) => value.split(/\s+/).slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied.map((one) => one.replace("./", ""))) {
      expect(
        letIn.some((one) => path === one || path.startsWith(`${one}/`)),
        path,
      ).toBe(true);
    }
  });
});

describe("the compose file", () => {
  const { services } = parse(read("deploy/compose/compose.yaml"));

  it("gives the gateway a configuration that is valid where the image listens, and refused without a key", () => {
    const text = services.gateway.environment.POOLCAST_CONFIG.replaceAll("$$", "$");
    const env = { HOST: "0.0.0.0", EVENTBRIDGE_KEY: "canary-key", ADMIN_KEY: "canary-admin" };
    const config = parseConfig(text, env);
    expect(config).toMatchObject({
      ok: true,
      value: {
        broker: { kind: "redis", url: "redis://redis:6379" },
        ingest: { eventbridge: { apiKeys: ["canary-key"] } },
      },
    });
    expect(parseConfig(text, { HOST: "0.0.0.0" }).ok).toBe(false);
  });

  it("runs it without rights and with a root that nobody writes to, beside a Redis that keeps what it acknowledged", () => {
    expect(services.gateway).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    expect(services.gateway.depends_on.redis.condition).toBe("service_healthy");
    expect(services.redis.command).toEqual(expect.arrayContaining(["--appendfsync", "always", "noeviction"]));
    expect(services.redis.volumes).toEqual(["redis:/data"]);
  });
});
