/**
 * A start waits for every module: what it takes is loaded, and nothing else. The SDK of AWS alone is as large as everything
 * else together.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { waitUntil } from "../support/wait.ts";

const place = makePlace();

afterAll(() => place.remove());

/** Starts a gateway that writes down every module it loads. */
async function startTraced(name: string, config: string) {
  const hook = join(place.directory, "trace.mjs");
  const trace = join(place.directory, `${name}.modules`);
  writeFileSync(
    hook,
    `import { appendFileSync } from "node:fs";
     import { registerHooks } from "node:module";
     registerHooks({ load(url, context, next) { appendFileSync(process.env.TRACE, url + "\\n"); return next(url, context); } });`,
  );
  place.writeConfig(config);
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook)}`, TRACE: trace, AWS_EC2_METADATA_DISABLED: "true" };
  const gateway = await place.start({ env });
  const loaded = () => (existsSync(trace) ? readFileSync(trace, "utf8").split("\n") : []);
  return { gateway, loaded, ofAws: () => loaded().filter((url) => /node_modules\/@(aws-sdk|smithy)\//.test(url)) };
}

describe("a start", () => {
  it("loads no other command, and no HTTP client before there is something to send", async () => {
    const sink = await startRecordingSink();
    const target = `subscriptions: { crm: { target: { url: "${sink.url}" } } }`;
    const { gateway, loaded } = await startTraced("start", `broker: { kind: memory }\n${target}`);
    const early = loaded();
    expect(early.filter((url) => url.endsWith("/src/cli/start.ts"))).toHaveLength(1);
    expect(
      early.filter((url) => /\/src\/cli\/(?:check|dead|doctor|policy|replay|simulate|subscription|types)/.test(url)),
    ).toEqual([]);
    expect(early.filter((url) => /\/node_modules\/(?:undici|@redis)\//.test(url))).toEqual([]);
    expect(early.filter((url) => url.startsWith("file:")).length).toBeLessThan(550);
    expect((await postJson(`${gateway.url}/ingest/cloudtrail`, cloudTrailRecord())).status).toBe(202);
    await waitUntil(() => sink.received.length === 1, "it was delivered");
    expect(loaded().some((url) => url.includes("/node_modules/undici/"))).toBe(true);
    await gateway.kill("SIGTERM");
    await sink.close();
  });
});

describe("the modules of AWS", () => {
  it("are not loaded without pools, nor where no pool is to be asked about", async () => {
    const arn = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Orchard";
    for (const [name, pools] of [
      ["none", "[]"],
      ["unasked", `[{ arn: "${arn}", identify: none }]`],
    ] as const) {
      const { gateway, loaded, ofAws } = await startTraced(name, `broker: { kind: memory }\npools: ${pools}`);
      expect((await postJson(`${gateway.url}/ingest/cloudtrail`, cloudTrailRecord())).status).toBe(202);
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
      expect(loaded().some((url) => url.endsWith("/src/gateway/gateway.ts"))).toBe(true);
      expect(ofAws()).toEqual([]);
      await gateway.kill("SIGTERM");
    }
  });

  it("are loaded where a pool is to be asked about", async () => {
    const arn = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Orchard";
    const { ofAws } = await startTraced(
      "asked",
      `broker: { kind: memory }\npools: [{ arn: "${arn}", endpoint: "http://127.0.0.1:9" }]`,
    );
    await waitUntil(() => ofAws().length > 0, "the SDK is loaded");
  });
});
