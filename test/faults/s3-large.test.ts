/** A file far larger than the memory that a gateway may take for it. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createGzip } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import { describeWhere } from "../support/only-where.ts";
import { cloudTrailRecord } from "../support/records.ts";
import { makeS3Place } from "../support/s3-place.ts";
import { waitUntil } from "../support/wait.ts";

const MIB = 1024 ** 2;
const UNPACKED = 320 * MIB;

/** One in a hundred is of Cognito, as in a trail of everything that an account does. */
async function packedFile(): Promise<{ bytes: Buffer; unpacked: number; ours: number }> {
  const gzip = createGzip({ level: 1 });
  const chunks: Buffer[] = [];
  gzip.on("data", (chunk) => chunks.push(chunk));
  let unpacked = 0;
  let ours = 0;
  const write = (text: string) => {
    unpacked += text.length;
    return new Promise<void>((done) => gzip.write(text, () => done()));
  };
  await write('{"Records":[');
  for (let part = 0; unpacked < UNPACKED; part++) {
    const records = Array.from({ length: 100 }, (_, n) =>
      cloudTrailRecord(`r${part}-${n}`, {
        eventSource: n === 0 ? "cognito-idp.amazonaws.com" : "ec2.amazonaws.com",
        requestParameters: { padding: "x".repeat(3000) },
      }),
    );
    ours += 1;
    await write(`${part === 0 ? "" : ","}${records.map((one) => JSON.stringify(one)).join(",")}`);
  }
  await write("]}");
  gzip.end();
  await once(gzip, "end");
  return { bytes: Buffer.concat(chunks), unpacked, ours };
}

/** The most that the process ever had in memory. */
function peakMib(pid: number): number {
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

describeWhere(process.platform === "linux", "memory is told by /proc")("a file of 320 MiB", () => {
  let cleanup: (() => Promise<void>) | undefined;
  afterEach(() => cleanup?.());

  it("is read whole, and never held whole", { timeout: 180_000 }, async () => {
    const place = await makeS3Place();
    cleanup = place.remove;
    const { s3 } = place;
    const { bytes, unpacked, ours } = await packedFile();
    expect(unpacked).toBeGreaterThanOrEqual(UNPACKED);
    s3.put("trail", "large.json.gz", bytes);
    const gateway = await place.start();
    const before = peakMib(gateway.pid);
    await place.notify(gateway, ["large.json.gz"]);
    const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
    await waitUntil(async () => /poolcast_files_fetched_total 1/.test(await metrics()), "the file was read", 150_000);
    expect(await metrics()).toContain(`poolcast_ingest_accepted_total{road="s3"} ${ours}\n`);
    const grown = peakMib(gateway.pid) - before;
    expect(grown, "MiB").toBeLessThan(300);
  });
});
