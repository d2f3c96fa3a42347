import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { awsCredentials } from "../../src/aws/credentials.ts";
import type { S3StoreOptions } from "../../src/aws/s3.ts";
import { answerError, breakOff, S3_CREDENTIALS, type S3Server, s3Store, startS3Server } from "../support/s3-server.ts";
import { waitUntil } from "../support/wait.ts";

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
  s3.put("trail", "there", "old", { versionId: "v1" });
  s3.put("trail", "there", "new", { versionId: "v2" });
});
afterAll(() => s3.close());

const store = (options: Partial<S3StoreOptions> = {}) => s3Store(s3.url, options);

const never = () => new AbortController().signal;

async function read(key: string, options: Partial<S3StoreOptions> = {}, more: object = {}): Promise<unknown> {
  const opened = await store(options).open({ bucket: "trail", key, ...more }, never());
  if (!opened.ok) return opened.error;
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.value) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const lastSignedFor = () => s3.requests().at(-1)?.headers.authorization?.split("/")[2];

describe("the S3 object store", () => {
  it("reads an object, the newest or the version that is named", async () => {
    expect(await read("there")).toBe("new");
    expect(await read("there", {}, { versionId: "v1" })).toBe("old");
    expect(s3.asked().slice(-2)).toEqual(["trail/there", "trail/there?versionId=v1"]);
    expect(s3.requests().at(-1)?.headers["user-agent"]).toContain("poolcast");
  });

  it.each(["a b+c%20d&e=f.json.gz", "Grüße/漢😀", "?versionId=v9#x", "a//b/", "a/./b/../c", "(it's)!*~"])(
    "asks for the key %s as it is",
    async (key) => {
      s3.put("trail", key, "found");
      expect(await read(key)).toBe("found");
    },
  );

  it.each(["constructor", "__proto__", "toString"])("knows no error of the name %s", async (name) => {
    s3.behave("trail", "odd", (response) => answerError(response, 400, name));
    expect(await read("odd")).toEqual({ code: "refused", error: name });
  });

  it("names a version that is no word", async () => {
    s3.put("trail", "kept", "odd", { versionId: "v/3+=& ü" });
    expect(await read("kept", {}, { versionId: "v/3+=& ü" })).toBe("odd");
  });

  it("hands over packed what lies there packed, as CloudTrail's files are said to be", async () => {
    const packed = gzipSync("x".repeat(1000));
    s3.put("trail", "packed", packed, { headers: { "content-encoding": "gzip" } });
    const opened = await store().open({ bucket: "trail", key: "packed" }, never());
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.ok ? opened.value : []) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(packed);
  });

  it("asks below the path of an endpoint", async () => {
    s3.put("store", "trail/there", "deep");
    expect(await read("there", { place: { endpoint: `${s3.url}/store/` } })).toBe("deep");
  });

  it("finds the credentials anew after they were refused, in a file that was rewritten meanwhile", async () => {
    const directory = mkdtempSync(join(tmpdir(), "poolcast-s3-credentials-"));
    const file = join(directory, "credentials");
    const { accessKeyID, secretAccessKey } = S3_CREDENTIALS;
    const write = (key: string) =>
      writeFileSync(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = ${secretAccessKey}\n`);
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
    try {
      write("AKIDOLDOLDOLDOLD");
      const ambient = store({ credentials: (region) => awsCredentials(undefined, { region }) });
      const ask = async () => {
        const opened = await ambient.open({ bucket: "trail", key: "there" }, never());
        return opened.ok ? "open" : opened.error.code;
      };
      expect(await ask()).toBe("credentials");
      write(accessKeyID);
      expect(await ask()).toBe("open");
    } finally {
      vi.unstubAllEnvs();
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    [404, "NoSuchKey", "missing"],
    [404, "NoSuchVersion", "missing"],
    [404, "NoSuchBucket", "bucket_missing"],
    [405, "MethodNotAllowed", "missing"],
    [403, "AccessDenied", "forbidden"],
    [403, "AllAccessDisabled", "forbidden"],
    [403, "InvalidObjectState", "archived"],
    [403, "InvalidAccessKeyId", "credentials"],
    [403, "SignatureDoesNotMatch", "credentials"],
    [403, "RequestTimeTooSkewed", "credentials"],
    [400, "ExpiredToken", "credentials"],
    [400, "InvalidToken", "credentials"],
    [400, "KMS.DisabledException", "refused"],
    [503, "SlowDown", "throttled"],
    [503, "ServiceUnavailable", "throttled"],
    [500, "InternalError", "unavailable"],
    [400, "RequestTimeout", "unavailable"],
  ])("tells what %d %s means, after one try: %s", async (status, error, code) => {
    s3.behave("trail", "faulty", (response) => answerError(response, status, error));
    const before = s3.asked().length;
    expect(await read("faulty")).toEqual({ code, error });
    expect(s3.asked().length - before).toBe(1);
  });

  it("keeps to itself what a store writes in place of a name", async () => {
    s3.behave("trail", "faulty", (response) => answerError(response, 418, "tea pot &#10; of AKIDTESTTESTTEST"));
    expect(await read("faulty")).toEqual({ code: "refused" });
  });

  it("is out of reach where nobody listens", async () => {
    const gone = await startS3Server();
    await gone.close();
    expect(await read("there", { place: { endpoint: gone.url } })).toMatchObject({ code: "unavailable" });
  });

  it("has no credentials where the chain has none", async () => {
    const auth = { credentials: { ...S3_CREDENTIALS, accessKeyID: "AKIDOTHER" } };
    expect(await read("there", { credentials: (region) => awsCredentials(auth, { region }) })).toEqual({
      code: "credentials",
      error: "InvalidAccessKeyId",
    });
  });

  it("rejects while reading where the object breaks off, or is not what it should be", async () => {
    s3.put("trail", "large", "x".repeat(500_000));
    s3.behave("trail", "large", breakOff(1000));
    await expect(read("large")).rejects.toThrow();
    s3.put("trail", "changed", "x".repeat(1000), { headers: { "x-amz-checksum-crc32": "AAAAAA==" } });
    await expect(read("changed")).rejects.toThrow(/checksum/i);
  });

  it("lets go of the connection when it is told to", async () => {
    let closed = 0;
    const controller = new AbortController();
    s3.put("trail", "slow", "x".repeat(1000));
    s3.behave("trail", "slow", (response, _before, bytes) => {
      response.on("close", () => (closed += 1));
      response.writeHead(200, { "content-length": bytes.length, "x-amz-checksum-crc32": "AAAAAA==" });
      response.write(bytes.subarray(0, 10));
    });
    const opened = await store().open({ bucket: "trail", key: "slow" }, controller.signal);
    const reading = (async () => {
      for await (const _ of opened.ok ? opened.value : []) controller.abort();
    })();
    await expect(reading).rejects.toThrow();
    await waitUntil(() => closed === 1, "the connection is closed");
  });

  it("signs for the configured region, else for that of the notice, else for that of the environment", async () => {
    await read("there", { region: "eu-west-1", ambientRegion: "eu-south-1" }, { region: "eu-north-1" });
    expect(lastSignedFor()).toBe("eu-west-1");
    await read("there", { ambientRegion: "eu-south-1" }, { region: "eu-north-1" });
    expect(lastSignedFor()).toBe("eu-north-1");
    await read("there", { ambientRegion: "eu-south-1" });
    expect(lastSignedFor()).toBe("eu-south-1");
    await read("there");
    expect(lastSignedFor()).toBe("us-east-1");
  });

  it("goes to where the bucket is", async () => {
    s3.behave("trail", "there", (response, before) => {
      if (before > 0) return true;
      response.setHeader("x-amz-bucket-region", "ap-south-1");
      return answerError(response, 301, "PermanentRedirect");
    });
    expect(await read("there")).toBe("new");
    expect(lastSignedFor()).toBe("ap-south-1");
  });
});
