import type { Broker } from "../../broker/broker.ts";
import type { Clock } from "../../core/clock.ts";
import type { Counter, Labels, MetricsRegistry, Sample } from "../../core/metrics.ts";
import { readUsersCheckpoints, type UsersCheckpoint } from "./users-checkpoint.ts";

/** What the users polls count, besides what every poll does. */
export interface UsersMetrics {
  readonly seen: Counter;
  readonly withoutSub: Counter;
}

export interface UsersMetricsParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly poolArns: readonly string[];
}

export function createUsersMetrics(registry: MetricsRegistry, parts: UsersMetricsParts): UsersMetrics {
  const { broker, clock, poolArns } = parts;

  /** Of the memory that all gateways share, whichever of them polls. */
  async function samples(value: (checkpoint: UsersCheckpoint) => number | undefined): Promise<readonly Sample[]> {
    const checkpoints = await readUsersCheckpoints(broker, poolArns);
    return poolArns.flatMap((poolArn, at) => {
      const found = checkpoints[at] && value(checkpoints[at]);
      return found === undefined ? [] : [{ labels: usersLabels(poolArn), value: found }];
    });
  }

  registry.gauge("poolcast_users_known", "Users at the last look, by pool.", () => samples(({ users }) => users));
  registry.gauge("poolcast_users_scan_age_seconds", "Since the last complete scan of a pool's users ended.", () =>
    samples(({ completedAtMs }) => (completedAtMs === undefined ? undefined : (clock() - completedAtMs) / 1000)),
  );
  return {
    seen: registry.counter("poolcast_users_seen_total", "Users that scans looked at, by pool."),
    withoutSub: registry.counter("poolcast_users_without_sub_total", "Users that nothing tells apart, by pool."),
  };
}

/** A replica has the id of its pool, and its own Region. */
export function usersLabels(poolArn: string): Labels {
  const [, , , region = "", , resource = ""] = poolArn.split(":");
  const pool = resource.slice("userpool/".length);
  return pool.startsWith(`${region}_`) ? { pool } : { pool, region };
}
