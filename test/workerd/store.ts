/** A Durable Object of its own for each test, and brokers in it. */

import { env, runInDurableObject } from "cloudflare:test";
import type { Broker, BrokerLimits } from "../../src/broker/broker.ts";
import { openDurableObjectBroker } from "../../src/broker/durable-object.ts";
import type { Clock } from "../../src/core/clock.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";

export function newStub() {
  const stub = env.STORES?.getByName(crypto.randomUUID());
  if (!stub) throw new Error("the binding STORES is missing");
  return stub;
}

/** A handle whose calls run inside of the object, as the storage demands. */
export async function openInside(
  stub: ReturnType<typeof newStub>,
  options: BrokerLimits & { readonly clock: Clock; readonly returnLeases?: boolean },
): Promise<Broker> {
  const broker = await runInDurableObject(stub, (_, { storage }) =>
    openDurableObjectBroker({ ...options, storage, sha256 }),
  );
  return new Proxy(broker, {
    get(target, name: keyof Broker) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return (...values: unknown[]) => runInDurableObject(stub, () => Reflect.apply(member, target, values));
    },
  });
}
