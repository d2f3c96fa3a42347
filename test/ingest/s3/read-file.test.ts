import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { READ_LIMITS, type ReadEnd, readFile, type TakeBatch } from "../../../src/ingest/s3/read-file.ts";
import type { Unwrapped } from "../../../src/ingest/unwrap.ts";
import { unpack } from "../../../src/runtimes/unpack.ts";
import { cloudTrailRecord } from "../../support/records.ts";
import { breakOff, type S3Server, s3Store, startS3Server } from "../../support/s3-server.ts";

let s3: S3Server;
beforeEach(async () => {
  s3 = await startS3Server();
});
afterEach(() => s3.close());

interface Read {
  readonly end: ReadEnd;
  readonly batches: readonly (readonly Unwrapped[])[];
}

const KEY = "k";

async function read(
  options: {
    readonly limits?: Partial<typeof READ_LIMITS>;
    readonly take?: TakeBatch;
    readonly signal?: AbortSignal;
    readonly key?: string;
    readonly clock?: () => number;
  } = {},
): Promise<Read> {
  const { limits, key = KEY, signal = new AbortController().signal, clock = Date.now } = options;
  const store = s3Store(s3.url);
  const batches: (readonly Unwrapped[])[] = [];
  const take: TakeBatch = async (found, isLast) => {
    batches.push(found);
    return options.take ? options.take(found, isLast) : true;
  };
  const parts = { store, unpack, clock, limits: { ...READ_LIMITS, ...limits } };
  return { end: await readFile({ bucket: "trail", key }, take, signal, parts), batches };
}

const idsOf = ({ batches }: Read) =>
  batches
    .flat()
    .map((one) =>
      one.kind === "record" ? Object(one.record).eventID : one.kind === "ignored" ? one.reason : one.kind,
    );

const DONE = { kind: "read", unreadable: 0 };
const failed = (code: string) => ({ kind: "failed", failure: { code } });
const file = (...ids: readonly string[]) => JSON.stringify({ Records: ids.map((id) => cloudTrailRecord(id)) });

describe("reading a file", () => {
  it.each<[string, string | Uint8Array, Record<string, string>?]>([
    ["packed", gzipSync(file("1", "2"))],
    ["packed, and said to be", gzipSync(file("1", "2")), { "content-encoding": "gzip" }],
    ["unpacked already by a client, and said to be packed", file("1", "2"), { "content-encoding": "gzip" }],
    ["packed in several members", Buffer.concat([gzipSync(file("1")), gzipSync("\n"), gzipSync(file("2"))])],
    ["one record a line", `${JSON.stringify(cloudTrailRecord("1"))}\n${JSON.stringify(cloudTrailRecord("2"))}\n`],
    ["records with nothing between", JSON.stringify(cloudTrailRecord("1")) + JSON.stringify(cloudTrailRecord("2"))],
    ["a bare list", JSON.stringify([cloudTrailRecord("1"), cloudTrailRecord("2")])],
  ])("finds the records of a file that is %s", async (_name, body, headers = {}) => {
    s3.put("trail", KEY, body, { headers });
    const result = await read();
    expect([result.end, idsOf(result)]).toEqual([DONE, ["1", "2"]]);
  });

  it("finds nothing in an empty one, or in one of a single byte", async () => {
    for (const body of ["", " "]) {
      s3.put("trail", KEY, body);
      expect(await read()).toEqual({ end: DONE, batches: [[]] });
    }
  });

  it("finds exported activity logs", async () => {
    const log = {
      eventTimestamp: "1777879869000",
      eventSource: "USER_ACTIVITY",
      message: {},
      logSourceId: { userPoolId: "x" },
    };
    s3.put("trail", KEY, gzipSync(`${JSON.stringify(log)}\n${JSON.stringify(log)}`));
    expect(idsOf(await read())).toEqual(["log", "log"]);
  });

  it("knows from the key what the records may lack", async () => {
    const key = "p/AWSLogs/o-a1b2c3/210987654321/CloudTrail/eu-central-1/2026/05/04/x.json.gz";
    s3.put("trail", key, file("1"));
    const { batches } = await read({ key });
    expect(batches[0]).toMatchObject([{ envelope: { account: "210987654321", region: "eu-central-1" } }]);
  });

  it("takes items of a log file for records, and leaves out what is no JSON or too large", async () => {
    const large = JSON.stringify(cloudTrailRecord("large", { x: "x".repeat(4 * 1024 ** 2) }));
    const [one, two] = [JSON.stringify(cloudTrailRecord("1")), JSON.stringify(cloudTrailRecord("2"))];
    s3.put("trail", KEY, gzipSync(`{"Records":[${one},{oops},${large},${two}]}`));
    const result = await read();
    expect([result.end, idsOf(result)]).toEqual([
      { kind: "read", unreadable: 2 },
      ["1", "invalid_json", "record_too_large", "2"],
    ]);
  });

  it("hands over a batch at a time, by number and by size", async () => {
    s3.put("trail", KEY, gzipSync(file(...Array.from({ length: 1201 }, (_, n) => String(n)))));
    expect((await read()).batches.map((batch) => batch.length)).toEqual([500, 500, 201]);
    const large = cloudTrailRecord("1", { x: "x".repeat(1.5 * 1024 ** 2) });
    s3.put("trail", KEY, JSON.stringify([large, large, large, large]));
    expect((await read()).batches.map((batch) => batch.length)).toEqual([3, 1]);
  });

  it("hands over something now and then, be it nothing", async () => {
    s3.put("trail", KEY, gzipSync(`${" ".repeat(1_000_000)}${file("1")}`));
    let nowMs = 0;
    const { batches } = await read({ clock: () => (nowMs += 1000) });
    expect(batches.length).toBeGreaterThan(1);
    expect(batches.flat()).toHaveLength(1);
  });

  it("stops where a batch is not taken", async () => {
    s3.put("trail", KEY, gzipSync(file(...Array.from({ length: 1201 }, (_, n) => String(n)))));
    expect((await read({ take: async () => false })).batches).toHaveLength(1);
    expect(await read({ take: async (_found, isLast) => !isLast })).toMatchObject({ end: { kind: "stopped" } });
  });

  it("stops when it is told to, also where nothing comes", async () => {
    const controller = new AbortController();
    s3.behave("trail", KEY, () => setImmediate(() => controller.abort()));
    expect((await read({ signal: controller.signal })).end).toEqual({ kind: "stopped" });
    expect((await read({ signal: AbortSignal.abort() })).end).toEqual({ kind: "stopped" });
  });
});

describe("a file that cannot be read to its end", () => {
  it("is interrupted where the connection breaks, packed or not", async () => {
    const many = file(...Array.from({ length: 2000 }, (_, n) => String(n)));
    for (const body of [many, gzipSync(many)]) {
      s3.put("trail", KEY, body);
      s3.behave("trail", KEY, breakOff(Math.floor(body.length * 0.75)));
      expect((await read()).end).toEqual(failed("interrupted"));
    }
  });

  it.each([
    ["ends too early", gzipSync(file("1")).subarray(0, -20)],
    ["has a wrong checksum", Buffer.concat([gzipSync(file("1")).subarray(0, -8), Buffer.alloc(8)])],
    ["only begins as such", Buffer.from([0x1f, 0x8b, 1, 2, 3])],
  ])("is told of where its gzip %s", async (_name, body) => {
    s3.put("trail", KEY, body);
    expect((await read()).end).toEqual(failed("invalid_gzip"));
  });

  it("is interrupted where no more bytes come, before the answer or within it", async () => {
    s3.put("trail", KEY, "x".repeat(1000));
    s3.behave("trail", KEY, () => {});
    expect((await read({ limits: { stallMs: 50 } })).end).toEqual(failed("interrupted"));
    s3.behave("trail", KEY, (response, _before, bytes) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 10));
    });
    expect((await read({ limits: { stallMs: 50 } })).end).toEqual(failed("interrupted"));
  });

  it("takes too long where bytes come and come", async () => {
    s3.behave("trail", KEY, (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(" "), 5);
      response.on("close", () => clearInterval(drip));
    });
    expect((await read({ limits: { timeMs: 200 } })).end).toEqual(failed("takes_too_long"));
  });

  it("unpacks to too much", async () => {
    s3.put("trail", KEY, gzipSync(Buffer.alloc(8_000_000, " ")));
    expect((await read({ limits: { unpackedBytes: 1_000_000 } })).end).toEqual(failed("unpacks_to_too_much"));
    expect((await read({ limits: { unpackedBytes: 8_000_000 } })).end).toEqual(DONE);
  });
});
