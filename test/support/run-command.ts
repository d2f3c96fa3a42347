/** Commands of poolcast as processes of their own, while servers in this process answer them. */
import { spawn } from "node:child_process";
import type { GatewayPlace } from "./gateway-process.ts";
import { NODE } from "./runtimes.ts";

export interface CommandRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves at its end. */
  readonly ended: Promise<CommandRun>;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing by default. */
  readonly stdin?: string | Uint8Array;
  /** A program to run it under, with its arguments. */
  readonly command?: readonly [string, ...string[]];
}

export function startCommand(
  place: GatewayPlace,
  args: readonly string[],
  { env = {}, stdin, command = NODE.command }: CommandOptions = {},
): RunningCommand {
  const [program, ...before] = command;
  const child = spawn(program, [...before, ...args], {
    cwd: place.directory,
    env: { PATH: process.env.PATH, HOME: place.directory, AWS_EC2_METADATA_DISABLED: "true", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 60_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  // It may end without having read it.
  child.stdin.on("error", () => {}).end(stdin);
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (name) => void child.kill(name),
    ended: new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout, stderr }))),
  };
}

/** To its end. */
export function runCommand(
  place: GatewayPlace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  return startCommand(place, args, { env }).ended;
}
