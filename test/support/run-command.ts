/** Runs a command of poolcast to its end, while servers in this process answer it. */
import { spawn } from "node:child_process";
import type { GatewayPlace } from "./gateway-process.ts";
import { NODE } from "./runtimes.ts";

export interface CommandRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCommand(
  place: GatewayPlace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  return new Promise((resolve) => {
    const [program, ...before] = NODE.command;
    const child = spawn(program, [...before, ...args], {
      cwd: place.directory,
      env: { PATH: process.env.PATH, HOME: place.directory, AWS_EC2_METADATA_DISABLED: "true", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
