/** Reads the sources and holds the law of imports (ARCHITECTURE.md). A rule that must change is changed there and here. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

interface Source {
  /** As `src/core/event.ts`. */
  readonly path: string;
  readonly text: string;
  /** Files of this project as paths from its root, others by package name (`node:` ones whole). */
  readonly imports: readonly string[];
  /** Those of them that are there at run time. */
  readonly valueImports: readonly string[];
}

function readSources(folder: string): readonly Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, "utf8");
      return {
        path: relative(ROOT, file),
        text,
        imports: importsOf(text, dirname(file)),
        valueImports: importsOf(withoutTypes(text), dirname(file)),
      };
    });
}

function withoutTypes(text: string): string {
  return text.replace(/^(?:import|export) type [^;]+;/gm, "");
}

function importsOf(text: string, folder: string): readonly string[] {
  const specifiers = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s+"([^"]+)"|import\(\s*"([^"]+)"|(?:^|\n)import\s+"([^"]+)"/g,
  );
  return [...specifiers].map(([, from, dynamic, bare]) => {
    const specifier = from ?? dynamic ?? bare ?? "";
    if (specifier.startsWith(".")) return relative(ROOT, join(folder, specifier));
    if (specifier.startsWith("node:") || specifier.startsWith("cloudflare:")) return specifier;
    return specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
  });
}

const sources = readSources("src");

/** The rooms of a Worker, and what says how it is put together. */
const WORKER = /^src\/runtimes\/(?:worker[\w-]*|create-worker|cloudflare\.d)\.ts$/;

/** The first entry whose `files` matches a path tells what it may import. */
const LAW: readonly { readonly files: RegExp; readonly may: readonly RegExp[] }[] = [
  { files: /^src\/core\//, may: [/^src\/core\//] },
  { files: /^src\/events\//, may: [/^src\/events\//, /^zod$/] },
  { files: /^src\/mappers\//, may: [/^src\/core\//, /^src\/events\//, /^src\/mappers\//] },
  { files: /^src\/config\//, may: [/^src\/core\//, /^src\/config\//, /^zod$/, /^yaml$/] },
  { files: /^src\/broker\/broker(-data|-failure)?\.ts$/, may: [/^src\/core\//, /^src\/broker\/broker-\w+\.ts$/] },
  { files: /^src\/broker\/memory/, may: [/^src\/core\//, /^src\/broker\/(broker|memory[\w-]*)\.ts$/] },
  {
    files: /^src\/broker\/sql(\/|\.ts)/,
    may: [/^src\/core\//, /^src\/broker\/broker\.ts$/, /^src\/broker\/sql(\/|\.ts$)/],
  },
  {
    files: /^src\/broker\/redis(\/|[\w-]*\.ts)/,
    may: [/^src\/core\//, /^src\/broker\/broker\.ts$/, /^src\/broker\/redis(\/|[\w-]*\.ts$)/, /^src\/redis\//],
  },
  { files: /^src\/broker\/group-commit\.ts$/, may: [] },
  { files: /^src\/broker\/sqlite-failure\.ts$/, may: [/^src\/broker\/broker\.ts$/] },
  { files: /^src\/broker\/sqlite-gaps\.ts$/, may: [/^src\/broker\/sql\/page-gap\.ts$/, /^node:fs$/] },
  {
    files: /^src\/broker\/sqlite\.ts$/,
    may: [
      /^src\/core\//,
      /^src\/broker\/(broker|sql|group-commit|sqlite-gaps|sqlite-failure)\.ts$/,
      /^src\/broker\/sql\//,
      /^node:(sqlite|fs|path)$/,
    ],
  },
  // The wire of the broker and of the sink; the client itself comes from the runtime.
  { files: /^src\/redis\//, may: [/^src\/core\//, /^src\/redis\//, /^src\/config\/config\.ts$/] },
  { files: /^src\/sinks\/redis\.ts$/, may: [/^src\/core\//, /^src\/sinks\/sink\.ts$/, /^src\/redis\//] },
  {
    files: /^src\/sinks\//,
    may: [
      /^src\/core\//,
      /^src\/sinks\/(sink|http-client|binary-headers|batch-message|access-token|handshake|pacer)\.ts$/,
    ],
  },
  // A package entry of its own, for those who are sent events.
  { files: /^src\/verify\//, may: [/^src\/core\//, /^src\/verify\//] },
  {
    files: /^src\/ingest\//,
    may: [/^src\/core\//, /^src\/events\//, /^src\/mappers\//, /^src\/broker\/broker\.ts$/, /^src\/ingest\//],
  },
  // Adapters of ingest's ports to AWS, loaded only where the configuration asks for them.
  {
    files: /^src\/aws\//,
    may: [/^src\/(core|mappers|aws|ingest)\//, /^src\/config\/(config|aws-needs)\.ts$/, /^@(aws-sdk|smithy)\//],
  },
  {
    files: /^src\/routes\//,
    may: [
      /^src\/core\//,
      /^src\/events\//,
      /^src\/ingest\//,
      /^src\/mappers\/mapping\.ts$/,
      /^src\/broker\/broker\.ts$/,
      /^src\/routes\//,
      /^hono$/,
    ],
  },
  {
    files: /^src\/delivery\//,
    may: [/^src\/core\//, /^src\/broker\/broker\.ts$/, /^src\/sinks\/sink\.ts$/, /^src\/delivery\//],
  },
  {
    files: /^src\/privacy\//,
    may: [/^src\/core\//, /^src\/events\//, /^src\/config\/config\.ts$/, /^src\/privacy\//],
  },
  {
    files: /^src\/gateway\//,
    may: [
      /^src\/(core|config|ingest|routes|delivery|privacy)\//,
      /^src\/gateway\//,
      /^src\/broker\/broker\.ts$/,
      /^src\/sinks\/sink\.ts$/,
      /^hono$/,
    ],
  },
  {
    files: /^src\/broker\/durable-object\.ts$/,
    may: [/^src\/core\//, /^src\/broker\/(broker|sql)\.ts$/, /^src\/broker\/sql\//],
  },
  // What a Worker is made of: no process, no disk, no client that opens sockets of its own.
  { files: WORKER, may: [/^src\/(?!cli\/|broker\/sqlite\.ts)/, /^node:crypto$/, /^cloudflare:(workers|sockets)$/] },
  // A door, as cli/main.ts is one: the contract names its path, and its commands are those of the cli.
  {
    files: /^src\/runtimes\/deno\.ts$/,
    may: [/^src\/cli\/main\.ts$/, /^src\/runtimes\/missing-right\.ts$/, /^node:process$/],
  },
  {
    files: /^src\/runtimes\//,
    may: [/^src\/(?!cli\/)/, /^node:/, /^(undici|hono)$/, /^@hono\/node-server$/, /^@redis\/client$/],
  },
  { files: /^src\/cli\//, may: [/^src\//, /^node:/, /^commander$/, /^package\.json$/] },
];

describe("the law of imports", () => {
  it.each(sources.map((source) => [source.path, source] as const))(
    "%s imports only what its room may",
    (path, source) => {
      const law = LAW.find(({ files }) => files.test(path));
      expect(law, `no law for ${path}`).toBeDefined();
      const foreign = source.imports.filter((name) => !law?.may.some((pattern) => pattern.test(name)));
      expect(foreign).toEqual([]);
    },
  );

  it("sees the imports it judges", () => {
    const gateway = sources.find(({ path }) => path === "src/gateway/gateway.ts");
    expect(gateway?.imports).toContain("hono");
    expect(gateway?.imports).toContain("src/broker/broker.ts");
  });

  it("has no circles between the files of src", () => {
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      expect(trail, `circle: ${[...trail, path].join(" -> ")}`).not.toContain(path);
      if (done.has(path)) return;
      for (const name of byPath.get(path)?.imports ?? []) if (byPath.has(name)) visit(name, [...trail, path]);
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
  });
});

describe("the rooms", () => {
  it("has no file over 400 lines and a median of about 110 at most", () => {
    const lengths = sources.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(120);
  });

  it("has no folder for odds and ends", () => {
    const folders = new Set(sources.flatMap(({ path }) => dirname(path).split("/")));
    for (const name of ["utils", "util", "common", "helpers", "types", "services", "lib"])
      expect(folders).not.toContain(name);
  });

  it("keeps the mappers pure: no time, chance, network, console or promise", () => {
    const impure =
      /\bDate\.now\b|new Date\(\)|Math\.random|\bfetch\(|\bconsole\.|\basync\b|\bawait\b|\bcrypto\b|\bPromise\b/;
    const found = sources
      .filter(({ path }) => path.startsWith("src/mappers/"))
      .flatMap(({ path, text }) =>
        withoutComments(text)
          .split("\n")
          .filter((line) => impure.test(line))
          .map((line) => `${path}: ${line}`),
      );
    expect(found).toEqual([]);
  });

  it("reads the environment only in runtimes and cli", () => {
    const readers = sources
      .filter(({ text }) => /\bprocess\.(?:env|argv|std|exit|on|cwd|pid)|\bDeno\./.test(withoutComments(text)))
      .map(({ path }) => path);
    expect(readers.filter((path) => !/^src\/(runtimes|cli)\//.test(path))).toEqual([]);
  });

  it("builds a Worker of what Workers have: no process, no disk, no sockets, no clients that need them", () => {
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const name of byPath.get(path)?.valueImports ?? []) visit(name);
    };
    visit("src/runtimes/worker.ts");
    expect(reached).toContain("src/broker/durable-object.ts");
    const foreign = /^(?:node:(?!crypto$|stream|zlib$)|undici$|@hono\/|@redis\/|src\/cli\/|src\/broker\/sqlite)/;
    expect([...reached].filter((path) => foreign.test(path))).toEqual([]);
    const readers = [...reached].filter((path) =>
      /\bprocess\.|\bDeno\./.test(withoutComments(byPath.get(path)?.text ?? "")),
    );
    expect(readers).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
