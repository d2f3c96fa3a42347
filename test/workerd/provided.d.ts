import "vitest";

declare module "vitest" {
  /** Servers of test/runtimes/workerd-suites.test.ts, all on 127.0.0.1. */
  export interface ProvidedContext {
    readonly ports: { readonly redis: number; readonly locked: number; readonly http: number; readonly silent: number };
    readonly password: string;
  }
}
