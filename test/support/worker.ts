/** The Worker as `wrangler` bundles it, in workerd as a process of its own. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare, type Request, type Response } from "miniflare";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

export interface WorkerBundle {
  readonly script: string;
  /** Text modules beside the script, by name. */
  readonly texts: Readonly<Record<string, string>>;
  /** What wrangler says of its size, in KiB. */
  readonly gzipKiB: number;
  readonly output: string;
}

/** `main` in place of the one in wrangler.toml, `cwd` in place of the project. */
export async function bundleWorker(main?: string, cwd = ROOT): Promise<WorkerBundle> {
  const place = mkdtempSync(join(tmpdir(), "poolcast-worker-"));
  try {
    const args = ["deploy", ...(main === undefined ? [] : [main]), "--dry-run", "--outdir", place];
    const env = {
      PATH: process.env.PATH,
      HOME: place,
      CI: "1",
      NO_COLOR: "1",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_LOG_PATH: join(place, "logs"),
    };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [WRANGLER, ...args], { cwd, env });
    const output = stdout + stderr;
    const gzipKiB = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1]);
    const read = (file: string) => readFileSync(join(place, file), "utf8");
    const files = readdirSync(place);
    const texts = Object.fromEntries(files.filter((file) => file.endsWith(".yaml")).map((file) => [file, read(file)]));
    return { script: read(files.find((file) => file.endsWith(".js")) ?? ""), texts, gzipKiB, output };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

export interface WorkerOptions {
  readonly script: string;
  /** Variables and secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Bindings to secrets of a Secrets Store, which has none of them yet. */
  readonly stored?: readonly string[];
  /** Where its storage outlives it. */
  readonly directory?: string;
  readonly withoutObject?: boolean;
  /** Answers all that the Worker fetches. */
  readonly outbound?: (request: Request) => Promise<Response>;
  readonly texts?: Readonly<Record<string, string>>;
}

export interface RunningWorker {
  readonly url: string;
  log(): string;
  /** Puts a secret into the Secrets Store, by the name of its binding. */
  store(name: string, value: string): Promise<void>;
  /** As the platform does each minute. */
  cron(): Promise<void>;
  /** Ends the process, and with it all objects, whatever they do. */
  stop(): Promise<void>;
}

const NAME = "poolcast";

/** Miniflare types it by a package that would redefine the globals of Node. */
interface Scheduled {
  scheduled(event: { readonly cron: string }): Promise<{ readonly outcome: string }>;
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { script, env = {}, directory, withoutObject = false, outbound, texts = {}, stored = [] } = options;
  let log = "";
  const converted = convertV4MiniflareOptions({
    name: NAME,
    host: "127.0.0.1",
    // Else it asks Cloudflare where this machine is.
    cf: false,
    modules: [
      { type: "ESModule", path: "worker.js", contents: script },
      ...Object.entries(texts).map(([path, contents]) => ({ type: "Text" as const, path, contents })),
    ],
    compatibilityDate: compatibilityDate(),
    compatibilityFlags: ["nodejs_compat"],
    ...(withoutObject ? {} : { durableObjects: { GATEWAY: { className: "Gateway", useSQLite: true } } }),
    bindings: { ...env },
    secretsStoreSecrets: Object.fromEntries(
      stored.map((name) => [name, { store_id: "a-store", secret_name: name.toLowerCase() }]),
    ),
    ...(outbound && { outboundService: outbound }),
    handleStructuredLogs({ message }) {
      log += `${message}\n`;
    },
  });
  const miniflare = new Miniflare({
    ...converted,
    ...(directory !== undefined && { resourcePersistencePath: directory }),
  });
  const url = (await miniflare.ready).origin;
  let stopped: Promise<void> | undefined;
  return {
    url,
    log: () => log,
    async store(name, value) {
      const secrets = await miniflare.getSecretsStoreSecretAPI(name);
      await secrets().create(value);
    },
    async cron() {
      const worker: unknown = await miniflare.getWorker();
      const { outcome } = await (worker as Scheduled).scheduled({ cron: "* * * * *" });
      if (outcome !== "ok") throw new Error(`the cron ended: ${outcome}`);
    },
    stop() {
      stopped ??= miniflare.dispose();
      return stopped;
    },
  };
}

/** Of wrangler.toml. */
function compatibilityDate(): string {
  const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  return /^compatibility_date = "([\d-]+)"$/m.exec(text)?.[1] ?? "";
}

/** Deletes the alarms of all objects, while no Worker runs, as if the platform had lost them. */
export function loseAlarms(directory: string): number {
  const place = join(directory, "do", `${NAME}-Gateway`);
  let lost = 0;
  for (const file of readdirSync(place).filter((name) => name.endsWith(".sqlite"))) {
    const database = new DatabaseSync(join(place, file));
    const sql = file.startsWith("metadata") ? "DELETE FROM _cf_ALARM" : "DELETE FROM _cf_METADATA WHERE key = 1";
    const { changes } = database.prepare(sql).run();
    if (file.startsWith("metadata")) lost += Number(changes);
    database.close();
  }
  return lost;
}
