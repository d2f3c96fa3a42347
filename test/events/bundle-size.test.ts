/** What a consumer's bundle grows by; the same on every machine. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle } from "../support/bundle.ts";

const KB = 1000;
const SOURCE = JSON.stringify(join(import.meta.dirname, "../../src/events/index.ts"));

describe("poolcast/events", () => {
  it("is at most 60 kB with all schemas, and needs nothing else of the gateway", async () => {
    const { gzipped, modules } = await bundle(`export * from ${SOURCE};`);
    expect(gzipped).toBeLessThanOrEqual(60 * KB);
    expect(modules.filter((id) => !/\/src\/events\/|\/node_modules\/zod\/|\/entry\.ts$/.test(id))).toEqual([]);
  });

  it("is at most 4 kB for the names of types and isEvent", async () => {
    const { gzipped, modules } = await bundle(`export { EVENT_TYPES, isEvent } from ${SOURCE};`);
    expect(gzipped).toBeLessThanOrEqual(4 * KB);
    expect(modules.filter((id) => id.includes("zod") || id.includes("catalog"))).toEqual([]);
  });
});
