/** What AWS refuses poolcast about its pools, for the detail of /readyz, the metrics and the log. */
import type { Clock } from "../core/clock.ts";

export interface PoolTroubles {
  /** `call` is AWS's name of what was tried; an error of undefined says that it went well. */
  report(poolArn: string, call: string, error: string | undefined): void;
  of(poolArn: string): readonly PoolTrouble[];
}

export interface PoolTrouble {
  readonly call: string;
  /** AWS's name of it. */
  readonly error: string;
  /** RFC 3339. */
  readonly since: string;
}

export interface PoolTroublesParts {
  readonly clock: Clock;
  readonly onChange: (poolArn: string, call: string, error: string | undefined) => void;
}

export function createPoolTroubles({ clock, onChange }: PoolTroublesParts): PoolTroubles {
  const byPool = new Map<string, Map<string, PoolTrouble>>();

  return {
    report(poolArn, call, error) {
      const troubles = byPool.get(poolArn) ?? new Map<string, PoolTrouble>();
      byPool.set(poolArn, troubles);
      const before = troubles.get(call);
      if (before?.error === error) return;
      if (error === undefined) troubles.delete(call);
      else troubles.set(call, { call, error, since: before?.since ?? new Date(clock()).toISOString() });
      onChange(poolArn, call, error);
    },

    of: (poolArn) => [...(byPool.get(poolArn)?.values() ?? [])],
  };
}
