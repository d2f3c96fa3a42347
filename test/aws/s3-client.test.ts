import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { AwsKeys } from "../../src/aws/given-credentials.ts";
import { createS3Client } from "../../src/aws/s3-client.ts";
import type { RawRequest, SendRaw } from "../../src/aws/send-raw.ts";

const never = () => new AbortController().signal;
const KEYS: AwsKeys = { accessKeyId: "AKIDORCHARD", secretAccessKey: "secret" };

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks?: readonly string[];
}

/** S3, as it answers each request; what it was asked is in `asked`. */
function fakeS3(answer: (request: RawRequest) => Answer = () => ({})) {
  const asked: RawRequest[] = [];
  let bytesRead = 0;
  const send: SendRaw = async (request) => {
    asked.push(request);
    const { status = 200, headers = {}, chunks = [] } = answer(request);
    async function* body() {
      for (const chunk of chunks) {
        bytesRead += chunk.length;
        yield new TextEncoder().encode(chunk);
      }
    }
    return { status, header: (name) => headers[name], body: body() };
  };
  return { send, asked, bytesRead: () => bytesRead };
}

function client(send: SendRaw, credentials: () => Promise<AwsKeys> = async () => KEYS) {
  return createS3Client({ region: "eu-north-1", credentials, place: {}, send });
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += new TextDecoder().decode(chunk);
  return text;
}

const OBJECT = { bucket: "orchard", key: "a/b" };

describe("the checksum of an object", () => {
  const hex = (digits: string) => Buffer.from(digits, "hex").toString("base64");
  const hashed = (name: string) => createHash(name).update("123456789").digest("base64");
  // The check values of https://reveng.sourceforge.io/crc-catalogue/.
  const SUMS = {
    "x-amz-checksum-crc64nvme": hex("ae8b14860a799888"),
    "x-amz-checksum-crc32": hex(crc32("123456789").toString(16).padStart(8, "0")),
    "x-amz-checksum-crc32c": hex("e3069283"),
    "x-amz-checksum-sha256": hashed("sha256"),
    "x-amz-checksum-sha1": hashed("sha1"),
  };
  const read = async (headers: Readonly<Record<string, string>>, chunks = ["1234", "56789"]) =>
    textOf(await client(fakeS3(() => ({ headers, chunks })).send).getObject(OBJECT, never()));

  it.each(Object.entries(SUMS))("%s is held against what comes", async (name, sum) => {
    expect(await read({ [name]: sum })).toBe("123456789");
    await expect(read({ [name]: sum }, ["1234", "56780"])).rejects.toThrow(/checksum/);
    await expect(read({ [name]: sum }, ["1234"])).rejects.toThrow(/checksum/);
  });

  it("is asked for, and is none where it is one of parts", async () => {
    const s3 = fakeS3();
    await client(s3.send).getObject(OBJECT, never());
    expect(s3.asked[0]?.headers["x-amz-checksum-mode"]).toBe("ENABLED");
    expect(await read({ "x-amz-checksum-crc32": "AAAAAA==-3" })).toBe("123456789");
    const both = { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha256": `${SUMS["x-amz-checksum-sha256"]}-2` };
    await expect(read(both)).rejects.toThrow(/checksum/);
  });
});

describe("the keys that S3 is asked with", () => {
  const keyOf = (asked?: RawRequest) => /Credential=([^/]+)/.exec(asked?.headers.authorization ?? "")?.[1];

  function numbered(expiresInMs?: number) {
    let issued = 0;
    return async () => {
      issued += 1;
      const expiration = expiresInMs === undefined ? {} : { expiration: new Date(Date.now() + expiresInMs) };
      return { ...KEYS, accessKeyId: `ASIA${issued}`, sessionToken: `token${issued}`, ...expiration };
    };
  }

  it.each([
    ["for ever where they have no end", undefined, 1],
    ["while they have long to live", 3_600_000, 1],
    ["not where they end within five minutes", 240_000, 2],
  ])("are kept %s", async (_name, expiresInMs, different) => {
    const s3 = fakeS3();
    const asking = client(s3.send, numbered(expiresInMs));
    for (let request = 0; request < 2; request++) await asking.getObject(OBJECT, never());
    expect(new Set(s3.asked.map(keyOf)).size).toBe(different);
    expect(s3.asked[0]?.headers["x-amz-security-token"]).toBe(keyOf(s3.asked[0])?.replace("ASIA", "token"));
    expect(s3.asked[0]?.headers.authorization).toContain("x-amz-security-token");
  });
});

describe("an answer that is no object", () => {
  it("is told by its code, status, and where the bucket is", async () => {
    const { send } = fakeS3(() => ({
      status: 301,
      headers: { "x-amz-bucket-region": "eu-south-2" },
      chunks: ["<Error><Code>Permanent", "Redirect</Code></Error>"],
    }));
    await expect(client(send).getObject(OBJECT, never())).rejects.toMatchObject({
      name: "PermanentRedirect",
      $metadata: { httpStatusCode: 301 },
      bucketRegion: "eu-south-2",
    });
  });

  it("is told by its status where it has no body, and is read no further than an error goes", async () => {
    const empty = fakeS3(() => ({ status: 403 }));
    await expect(client(empty.send).headBucket("orchard", never())).rejects.toMatchObject({
      name: "UnknownError",
      $metadata: { httpStatusCode: 403 },
    });
    expect(empty.asked[0]).toMatchObject({ method: "HEAD", path: "/" });
    const endless = fakeS3(() => ({ status: 500, chunks: Array.from({ length: 100 }, () => "x".repeat(10_000)) }));
    await expect(client(endless.send).getObject(OBJECT, never())).rejects.toMatchObject({ name: "UnknownError" });
    expect(endless.bytesRead()).toBeLessThan(100_000);
  });
});
