import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unpack } from "../../src/runtimes/unpack.ts";

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(packed: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of unpack(packed)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("unpacking", () => {
  it("takes gzip of any number of members, cut anywhere", async () => {
    const members = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(members, fc.integer({ min: 1, max: 60 }), async (written, size) => {
        const packed = Buffer.concat(written.map((one) => gzipSync(one)));
        expect(await all(pieces(packed, size))).toEqual(Buffer.concat(written));
      }),
    );
  });

  it("takes what is larger than its buffers", async () => {
    const bytes = randomBytes(2_000_000);
    expect((await all(pieces(gzipSync(bytes), 10_000))).equals(bytes)).toBe(true);
  });

  it.each([
    ["that ends too early", gzipSync(randomBytes(5000)).subarray(0, 4000)],
    ["with a wrong checksum", Buffer.concat([gzipSync("x").subarray(0, -8), Buffer.alloc(8)])],
    ["with rubbish behind it", Buffer.concat([gzipSync("x"), Buffer.from("rubbish")])],
    ["that only begins as such", Buffer.from([0x1f, 0x8b, 1, 2, 3])],
  ])("rejects gzip %s", async (_name, packed) => {
    await expect(all(pieces(packed, 100))).rejects.toThrow();
  });

  it("rejects as its source does", async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield gzipSync(randomBytes(5000)).subarray(0, 1000);
      throw new RangeError("the source broke");
    }
    await expect(all(source())).rejects.toThrow(new RangeError("the source broke"));
  });

  it("lets go of its source where nobody reads on", async () => {
    let released = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield gzipSync(randomBytes(5000));
      } finally {
        released = true;
      }
    }
    for await (const _ of unpack(source())) break;
    await expect.poll(() => released).toBe(true);
  });
});
