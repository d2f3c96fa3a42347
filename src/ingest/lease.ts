/**
 * The right to do something that only one gateway at a time should do, kept as a state entry in the broker. Whoever
 * loses it finds out at the next commit: each one renews the lease, and is refused where somebody else wrote it since.
 */
import { type Broker, brokerFailureCode, type StateWrite } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import { isObject, member, parseJson } from "../core/json.ts";

export interface Lease {
  /** Takes or renews it, for `leaseMs` unless told; false where somebody else has it. Rejects as the broker does. */
  hold(forMs?: number): Promise<boolean>;
  /** The broker's append, made only while the lease is ours; else it rejects with `state_conflict`. One at a time. */
  readonly append: Broker["append"];
  /** Lets others have it at once; to be called when nothing of it is under way. */
  release(): Promise<void>;
}

export interface LeaseParts {
  readonly broker: Broker;
  readonly clock: Clock;
  /** What the right is to: `listUsers/us-west-2_abc`. */
  readonly key: string;
  /** Names this process, and no other one. */
  readonly owner: string;
  /** Since the last renewal. Clocks of several machines differ by less than this. */
  readonly leaseMs: number;
}

export const LEASES = "leases";

export function createLease({ broker, clock, key, owner, leaseMs }: LeaseParts): Lease {
  /** Of our own entry; 0 where it is not ours. */
  let version = 0;

  function renewal(ifVersion: number, untilMs = clock() + leaseMs): StateWrite {
    return { collection: LEASES, key, value: JSON.stringify({ owner, untilMs }), ifVersion };
  }

  async function write(ifVersion: number, untilMs: number): Promise<boolean> {
    try {
      await broker.append({ events: [], state: [renewal(ifVersion, untilMs)] });
      version = ifVersion + 1;
      return true;
    } catch (error) {
      // A commit whose outcome is unknown may have been made: what the entry says is looked up next time.
      version = 0;
      if (brokerFailureCode(error) === "state_conflict") return false;
      throw error;
    }
  }

  return {
    async hold(forMs = leaseMs) {
      const untilMs = clock() + forMs;
      const [entry] = await broker.getState({ collection: LEASES, keys: [key] });
      if (!entry) return write(0, untilMs);
      const held = parseJson(entry.value);
      const theirs = isObject(held) && member(held, "owner") !== owner && Number(member(held, "untilMs")) > clock();
      if (!theirs) return write(entry.version, untilMs);
      version = 0;
      return false;
    },

    async append({ events, state = [] }) {
      const ours = version;
      version = 0;
      // 0 would mean that there is no entry, which may be true.
      const fence = renewal(ours === 0 ? -1 : ours);
      const outcomes = await broker.append({ events, state: [...state, fence] });
      version = ours + 1;
      return outcomes;
    },

    async release() {
      if (version !== 0) await write(version, 0);
      version = 0;
    },
  };
}
