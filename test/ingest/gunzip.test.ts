import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gunzip } from "../../src/ingest/gunzip.ts";
import { cpuMsOf } from "../support/cpu-time.ts";
import { gzipMembers } from "../support/firehose.ts";

const MIB = 1024 ** 2;

async function unpack(bytes: Uint8Array, left = 64 * MIB) {
  const result = await gunzip(bytes, { left });
  if (!result.ok) return result.error;
  const { members, broken } = result.value;
  return { texts: members.map((member) => Buffer.from(member).toString()), broken };
}

describe("gunzip", () => {
  it("takes one member and several, also empty ones", async () => {
    expect(await unpack(gzipMembers("one"))).toEqual({ texts: ["one"], broken: 0 });
    expect(await unpack(gzipMembers("one", "", "three"))).toEqual({ texts: ["one", "", "three"], broken: 0 });
  });

  it("takes members that hold what looks like the header of one", async () => {
    const inner = gzipMembers("a", "b");
    // Level 0 stores bytes as they are.
    const stored = gzipSync(Buffer.concat([inner, Buffer.from([0x1f, 0x8b, 8, 0])]), { level: 0 });
    const result = await gunzip(Buffer.concat([stored, stored]), { left: MIB });
    expect(result).toMatchObject({ ok: true, value: { broken: 0 } });
    expect(result.ok && result.value.members.map(({ length }) => length)).toEqual([inner.length + 4, inner.length + 4]);
  });

  it("takes any members", async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const level = fc.integer({ min: 0, max: 9 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(bytes, level), { minLength: 1, maxLength: 5 }), async (all) => {
        const packed = Buffer.concat(all.map(([content, how]) => gzipSync(content, { level: how })));
        const result = await gunzip(packed, { left: MIB });
        expect(result.ok && Buffer.concat([...result.value.members])).toEqual(
          Buffer.concat(all.map(([content]) => content)),
        );
      }),
    );
  });

  it("keeps the neighbours of a damaged member", async () => {
    const damaged = Buffer.from(gzipSync("damaged"));
    damaged[12] = (damaged[12] ?? 0) ^ 0xff;
    const packed = Buffer.concat([gzipMembers("one"), damaged, gzipMembers("three")]);
    expect(await unpack(packed)).toEqual({ texts: ["one", "three"], broken: 1 });
  });

  it("counts what does not unpack", async () => {
    const whole = gzipSync("hello");
    for (const bytes of [Buffer.from([0x1f, 0x8b]), whole.subarray(0, -1), Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])]) {
      expect(await unpack(bytes)).toEqual({ texts: [], broken: 1 });
    }
  });

  it("stops at what unpacks to far more than logs do, and where the budget ends", async () => {
    expect(await unpack(gzipSync(Buffer.alloc(100 * MIB)))).toBe("bomb");
    expect(await unpack(gzipMembers(...Array<Buffer>(100).fill(Buffer.alloc(MIB))))).toBe("bomb");
    expect(await unpack(gzipMembers("hello"), 4)).toBe("bomb");
    expect(await unpack(gzipMembers(...Array<string>(2000).fill("")), MIB)).toBe("bomb");
  });

  it("gives up on a record of nothing but headers in a moment", async () => {
    const headers = Buffer.from([0x1f, 0x8b, 8, 0]);
    const packed = Buffer.concat(Array<Buffer>(250_000).fill(headers));
    const tookMs = await cpuMsOf(async () => {
      expect(await unpack(packed, 256 * MIB)).toMatchObject({ texts: [] });
    });
    expect(tookMs).toBeLessThan(3000);
  });
});
