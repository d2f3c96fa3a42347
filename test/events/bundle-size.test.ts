/** What a consumer's bundle grows by; the same on every machine. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const KB = 1000;
const SOURCE = JSON.stringify(join(import.meta.dirname, "../../src/events/index.ts"));
const ENTRY = "virtual:entry";

async function bundle(code: string): Promise<{ readonly gzipped: number; readonly modules: readonly string[] }> {
  const build = await rolldown({
    input: ENTRY,
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === ENTRY ? `${import.meta.dirname}/entry.ts` : null),
        load: (id) => (id.endsWith("/entry.ts") ? code : null),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  const [{ code: bundled, moduleIds }] = output;
  return { gzipped: gzipSync(bundled, { level: 9 }).length, modules: moduleIds };
}

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
