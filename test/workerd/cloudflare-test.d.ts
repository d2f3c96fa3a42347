/** What of Cloudflare's test tools is used here; see src/runtimes/cloudflare.d.ts. */
declare module "cloudflare:test" {
  type ObjectContext = import("../../src/runtimes/worker-object.ts").ObjectContext;
  interface ObjectStub {
    readonly id: unknown;
  }
  export const env: Readonly<Record<string, { getByName(name: string): ObjectStub }>>;
  export function runInDurableObject<T>(
    stub: ObjectStub,
    work: (instance: unknown, context: ObjectContext) => T | Promise<T>,
  ): Promise<T>;
  export function evictDurableObject(stub: ObjectStub): Promise<void>;
  export function runDurableObjectAlarm(stub: ObjectStub): Promise<boolean>;
}
