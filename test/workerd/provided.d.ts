import "vitest";

declare module "vitest" {
  /** Servers of test/runtimes/workerd-suites.test.ts, all on 127.0.0.1. */
  export interface ProvidedContext {
    readonly ports: Readonly<Record<"redis" | "locked" | "http" | "silent" | "rest", number>>;
    readonly password: string;
  }
}
