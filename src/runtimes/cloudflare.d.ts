/** What of Cloudflare's runtime is used here. Its own types would redefine the globals of every other runtime. */
declare module "cloudflare:workers" {
  /** https://developers.cloudflare.com/durable-objects/api/base/ */
  export abstract class DurableObject {
    constructor(ctx: import("./worker-object.ts").ObjectContext, env: import("./worker-config.ts").WorkerEnv);
  }
}

declare module "cloudflare:sockets" {
  export interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly opened: Promise<unknown>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
  }
  /** https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/ */
  export function connect(
    address: { readonly hostname: string; readonly port: number },
    options: { readonly secureTransport: "on" | "off"; readonly allowHalfOpen: boolean },
  ): Socket;
}
