/** Name resolution for targets: addresses are handed out only where a connection may be opened to every one of them. */
import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { EgressFault, EgressGuard } from "../core/egress.ts";

export type Resolve = (hostname: string, options: LookupAllOptions, callback: ResolveCallback) => void;
type ResolveCallback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

export const systemResolve: Resolve = lookup;

/** What a connection fails with that the policy forbids. */
export class AddressRefused extends Error {
  readonly fault: EgressFault;

  constructor(fault: EgressFault) {
    super("address refused");
    this.fault = fault;
  }
}

/** Connections go to the very addresses that were judged; each new one asks, and is judged, again. */
export function guardedLookup(egress: EgressGuard, port: number, resolve: Resolve): LookupFunction {
  return function lookupAllowed(hostname, options, callback) {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) return callback(error ?? new Error("no address"), "", 0);
      for (const { address } of addresses) {
        const fault = egress.judgeConnection(address, port);
        if (fault) return callback(new AddressRefused(fault), "", 0);
      }
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/**
 * One question about a name at a time, however many connections wait for its answer: the system resolves in four
 * threads for the whole process, and a slow name server of one target must not take them all. Answers are not kept.
 */
export function shareLookups(resolve: Resolve): Resolve {
  const waiting = new Map<string, ResolveCallback[]>();
  return function resolveShared(hostname, options, callback) {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`;
    const others = waiting.get(key);
    if (others) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(key, callbacks);
    resolve(hostname, options, (error, addresses) => {
      waiting.delete(key);
      for (const one of callbacks) one(error, addresses);
    });
  };
}
