import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { WORKERS } from "../../src/config/platform.ts";
import { member } from "../../src/core/json.ts";
import { openApiDocument } from "../../src/routes/openapi.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { createDoor } from "../../src/runtimes/worker-door.ts";

const YAML = `
adminKeys: [admin-key-of-16-bytes]
ingest:
  eventbridge: { apiKeys: [ingest-key-of-16-bytes] }
  firehose: { accessKeys: [access-key-of-16-bytes] }
  cognito: { secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw] }
`;

function door(method: string, path: string, headers: Record<string, string> = {}): number | undefined {
  const config = parseConfig(YAML, {}, WORKERS);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return createDoor(config.value, sha256)(new Request(`https://e.example${path}`, { method, headers }))?.status;
}

describe("the door of a Worker", () => {
  it("lets everything pass to the object that there is", () => {
    const paths = Object.keys(member(openApiDocument(undefined), "paths") ?? {}).map((path) =>
      path.replaceAll(/\{\w+\}/g, "x"),
    );
    expect(paths).toContain("/ingest/sns");
    const ours = paths.filter((path) => !path.startsWith("/2015-03-31/"));
    const admin = { authorization: "Bearer admin-key-of-16-bytes" };
    expect(ours.filter((path) => door("GET", path, admin) !== undefined)).toEqual([]);
  });

  it.each([
    ["GET", "/wp-login.php", {}, 404],
    ["POST", "/", {}, 404],
    ["POST", "/2015-03-31/functions/x/invocations", {}, 404],
    ["POST", "/ingest/eventbridge", {}, 401],
    ["POST", "/ingest/eventbridge", { "x-api-key": "admin-key-of-16-bytes" }, 401],
    ["POST", "/ingest/eventbridge", { "x-api-key": "ingest-key-of-16-bytes" }, undefined],
    ["POST", "/ingest/cognito", {}, undefined],
    ["POST", "/ingest/firehose", {}, 401],
    ["POST", "/ingest/firehose", { "x-amz-firehose-access-key": "ingest-key-of-16-bytes" }, 401],
    ["POST", "/ingest/firehose", { "x-amz-firehose-access-key": "access-key-of-16-bytes" }, undefined],
    ["GET", "/metrics", {}, 401],
    ["GET", "/api/subscriptions", {}, 401],
    ["GET", "/api/subscriptions", { "x-api-key": "ingest-key-of-16-bytes" }, 401],
    ["POST", "/api/subscriptions/crm/pause", { "x-api-key": "admin-key-of-16-bytes" }, undefined],
  ] as const)("judges %s %s with %j: %s", (method, path, headers, status) => {
    expect(door(method, path, headers)).toBe(status);
  });
});
