/** Boots a built image and uses it as its users would. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { buildah } from "./buildah.ts";

const KEY = "key-of-image-check";
const CONFIG = `ingest: { events: { apiKeys: [${KEY}] } }`;
const WAIT_MS = 30_000;

export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
}

export function imageConfig(image: string): ImageConfig {
  return JSON.parse(buildah("inspect", "--type", "image", image)).Docker.config;
}

/** What did not go as it must; nothing, where all is well. */
export async function bootFaults(image: string): Promise<readonly string[]> {
  const { User, Entrypoint, Cmd, Healthcheck } = imageConfig(image);
  const container = buildah("from", "--pull-never", image);
  const faults: string[] = [];
  const must = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  const port = String(await freePort());
  const run = (env: readonly string[], command: readonly string[]) => [
    ...["run", "--isolation", "chroot", "--user", User],
    ...env.flatMap((one) => ["--env", one]),
    ...[container, "--", ...command],
  ];
  const command = [...Entrypoint, ...Cmd];
  const env = [`PORT=${port}`, `POOLCAST_CONFIG=${CONFIG}`];
  const health = () => spawnSync("buildah", run(env, Healthcheck.Test.slice(1))).status;
  try {
    const open = spawnSync("buildah", run([`PORT=${port}`], command), { encoding: "utf8", timeout: WAIT_MS });
    must(open.status === 2, `without a credential it ended with ${open.status}, not 2`);
    must(spawnSync("buildah", run([], ["/bin/sh", "-c", "true"])).status !== 0, "it has a shell");

    const gateway = spawn("buildah", run(env, command), { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    gateway.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    const ended = new Promise<number | null>((done) => gateway.once("close", done));
    try {
      await until(() => said.includes("listening on") || gateway.exitCode !== null);
      must(said.includes("listening on"), `it does not listen: ${said}`);
      const status = await fetch(`http://127.0.0.1:${port}/ingest/events`, {
        method: "POST",
        headers: { "content-type": "application/cloudevents+json", "x-api-key": KEY },
        body: JSON.stringify({ specversion: "1.0", id: "1", source: "/image-check", type: "check" }),
      }).then((answer) => answer.status);
      must(status === 202, `an event was answered with ${status}`);
      must(health() === 0, "HEALTHCHECK fails while it is ready");
    } finally {
      // The process itself, not the program that started it: as an engine would.
      for (const pid of leavesOf(gateway.pid ?? 0)) process.kill(pid, "SIGTERM");
      const inTime = await Promise.race([ended, sleep(WAIT_MS, "late" as const, { ref: false })]);
      must(inTime === 0, `after SIGTERM it ended with ${inTime}: ${said}`);
      must(said.includes('"stopped"'), "it did not stop in order");
    }
    must(health() === 1, "HEALTHCHECK does not fail when it is gone");
  } finally {
    buildah("rm", container);
  }
  return faults;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!condition() && Date.now() < end) await sleep(50);
}

/** The processes below this one that started no others. */
function leavesOf(pid: number): readonly number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
  return children.length === 0 ? [pid] : children.flatMap(leavesOf);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name before it may hold blanks. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
