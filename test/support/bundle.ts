/** What a consumer's bundle holds of an import: its size, and the files it is made of. */
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const ENTRY = "virtual:entry";

export async function bundle(code: string): Promise<{ readonly gzipped: number; readonly modules: readonly string[] }> {
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
