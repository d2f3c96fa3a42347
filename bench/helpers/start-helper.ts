/** A helper is a script of this folder in a process of its own, which answers questions one after the other. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { member } from "../../src/core/json.ts";
import { stopProcess } from "../stop-process.ts";

export interface Helper {
  readonly pid: number;
  ask(question: object): Promise<unknown>;
  stop(): Promise<void>;
}

export type HelperName =
  | "arrival-clock"
  | "dead-sinks"
  | "cloudtrail"
  | "load-client"
  | "raw-http-server"
  | "sink"
  | "undici-client"
  | "users-scan";

const PATIENCE_MS = 120_000;

export function startHelper(name: HelperName): Helper {
  const child = fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });

  return {
    pid: child.pid ?? 0,
    ask(question) {
      return new Promise((resolve, reject) => {
        const patience = setTimeout(() => settle(() => reject(new Error(`${name} does not answer`))), PATIENCE_MS);
        const settle = (outcome: () => void) => {
          clearTimeout(patience);
          child.off("message", onMessage);
          child.off("exit", onExit);
          outcome();
        };
        const onMessage = (message: unknown) => {
          const fault = member(message, "fault");
          if (fault === undefined) settle(() => resolve(member(message, "answer")));
          else settle(() => reject(new Error(`${name}: ${fault}`)));
        };
        const onExit = () => settle(() => reject(new Error(`${name} ended`)));
        child.on("message", onMessage);
        child.on("exit", onExit);
        child.send(question);
      });
    },
    stop: () => stopProcess(child),
  };
}

/** The number `name` of an answer. */
export function numberOf(answer: unknown, name: string): number {
  const value = member(answer, name);
  if (typeof value !== "number") throw new Error(`an answer without ${name}`);
  return value;
}
