/** What the place where poolcast runs decides about a configuration, before what is written in it. */
export interface Platform {
  /** The broker where the configuration names no kind. */
  readonly broker: "sqlite" | "durable-object";
  /** Where requests come in, if it is not the configuration's to say: `listen`, HOST and PORT have no meaning then. */
  readonly listenHost?: string;
}

/** Node and Deno: a process that listens, with a disk. */
export const PROCESS: Platform = { broker: "sqlite" };

/** Cloudflare Workers: reached by everybody, and the only store is a Durable Object's. */
export const WORKERS: Platform = { broker: "durable-object", listenHost: "0.0.0.0" };
