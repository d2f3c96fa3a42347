import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { processAws } from "../../src/runtimes/aws-adapters.ts";
import { s3PlaceOf } from "../../src/runtimes/aws-endpoints.ts";
import { openObjectStore } from "../../src/runtimes/object-store.ts";
import { S3_CREDENTIALS, type S3Server, startS3Server } from "../support/s3-server.ts";

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
  s3.put("trail", "there", "found");
});
afterAll(() => s3.close());

describe("the store of files, as the environment has it", () => {
  const auth = `auth: { credentials: ${JSON.stringify(S3_CREDENTIALS)} }`;

  async function read(env: Readonly<Record<string, string>>, settings = ""): Promise<string | undefined> {
    const config = parseConfig(`ingest: { s3: { buckets: [trail], region: eu-west-1, ${auth} ${settings} } }`, env);
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    const store = openObjectStore(config.value, env, processAws(env));
    const opened = await store?.open({ bucket: "trail", key: "there" }, AbortSignal.timeout(10_000));
    if (!opened?.ok) return opened?.error.code;
    let text = "";
    for await (const chunk of opened.value) text += new TextDecoder().decode(chunk);
    return text;
  }

  it("is where AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL says", async () => {
    const nowhere = "http://127.0.0.1:1";
    expect(await read({ AWS_ENDPOINT_URL: s3.url })).toBe("found");
    expect(await read({ AWS_ENDPOINT_URL: nowhere, AWS_ENDPOINT_URL_S3: s3.url })).toBe("found");
    expect(await read({ AWS_ENDPOINT_URL_S3: nowhere }, `, endpoint: "${s3.url}"`)).toBe("found");
    expect(await read({ AWS_ENDPOINT_URL_S3: nowhere })).toBe("unavailable");
  });

  it("takes FIPS and both stacks from there", () => {
    const env = { AWS_USE_FIPS_ENDPOINT: "true", AWS_USE_DUALSTACK_ENDPOINT: "true" };
    expect(s3PlaceOf(undefined, env)).toMatchObject({ useFips: true, useDualStack: true });
    expect(s3PlaceOf(undefined, { AWS_USE_FIPS_ENDPOINT: "false" })).toMatchObject({
      useFips: false,
      useDualStack: false,
    });
  });
});
