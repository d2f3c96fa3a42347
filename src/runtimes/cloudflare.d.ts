/** What of Cloudflare's runtime is used here. Its own types would redefine the globals of every other runtime. */
declare module "cloudflare:workers" {
  /** https://developers.cloudflare.com/durable-objects/api/base/ */
  export abstract class DurableObject {
    constructor(ctx: import("./worker-object.ts").ObjectContext, env: import("./worker-config.ts").WorkerEnv);
  }
}
