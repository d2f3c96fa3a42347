/** What a receiver's bundle grows by; the same on every machine. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle } from "../support/bundle.ts";

const VERIFY = JSON.stringify(join(import.meta.dirname, "../../src/verify/index.ts"));

describe("poolcast/verify", () => {
  it("is at most 4 kB, needs core alone, and nothing that only one runtime has", async () => {
    const { gzipped, modules } = await bundle(`export * from ${VERIFY};`);
    expect(gzipped).toBeLessThanOrEqual(4000);
    expect(modules.filter((id) => !/\/src\/(?:core|verify)\/|\/entry\.ts$/.test(id))).toEqual([]);
  });
});
