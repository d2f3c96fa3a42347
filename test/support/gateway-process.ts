/** The real gateway, as its own process, on a free port and its own directory. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE, type Runtime } from "./runtimes.ts";

export interface GatewayProcess {
  readonly url: string;
  /** Of the gateway, unless it runs under another program. */
  readonly pid: number;
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** As a log collector that has died. */
  closeStderr(): void;
  /** Resolves with the exit code, or with the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  signal(name: NodeJS.Signals): void;
  /** Signals and waits for the end. */
  kill(name: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface GatewayPlace {
  readonly directory: string;
  writeConfig(yaml: string): void;
  start(options?: StartOptions): Promise<GatewayProcess>;
  /** Kills what still runs and removes the directory. */
  remove(): Promise<void>;
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** A program to run the gateway under, with its arguments. */
  readonly under?: readonly string[];
}

export function makePlace(runtime: Runtime = NODE): GatewayPlace {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-test-"));
  const processes: GatewayProcess[] = [];
  return {
    directory,
    writeConfig: (yaml) => writeFileSync(join(directory, "poolcast.yaml"), yaml),
    async start(options = {}) {
      const gateway = await startProcess(runtime, directory, options);
      processes.push(gateway);
      return gateway;
    },
    async remove() {
      await Promise.all(processes.map((gateway) => gateway.kill("SIGKILL")));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startProcess(
  runtime: Runtime,
  directory: string,
  { env, under = [] }: StartOptions,
): Promise<GatewayProcess> {
  const [program = "", ...args] = [...under, ...runtime.command, "start"];
  const child = spawn(program, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that a signal reaches the gateway also where it runs under another program.
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  const exited = new Promise<number | NodeJS.Signals | null>((done) =>
    child.once("close", (code, signal) => done(signal ?? code)),
  );
  const url = await new Promise<string>((done, fail) => {
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      const found = /listening on (http:[^"\s]+)/.exec(stderr);
      if (found?.[1]) done(found[1]);
    });
    exited.then((code) => fail(new Error(`the gateway ended with ${code}: ${stderr}`)));
  });
  const signal = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
  };
  return {
    url,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    closeStderr: () => void child.stderr.destroy(),
    exited,
    signal,
    kill(name) {
      signal(name);
      return exited;
    },
  };
}
