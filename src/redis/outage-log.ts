import type { Log } from "../core/log.ts";
import type { RedisFailure } from "./failure.ts";

export interface OutageLog {
  lost(failure: RedisFailure): void;
  back(address: string): void;
  /** The connection has proved itself: what comes later is another outage. */
  over(): void;
}

/** One line for each reason of an outage and one for its end, however often a connection comes and goes within it. */
export function createOutageLog(log: Log, name: string): OutageLog {
  const told = new Set<string>();
  let isOut = false;
  return {
    lost({ message, code, reply }) {
      const reason = reply || message;
      if (told.has(reason)) return;
      told.add(reason);
      isOut = true;
      log("warn", "Redis is out of reach; looking for it", { redis: name, code, error: message });
    },
    back(address) {
      if (!isOut) return;
      isOut = false;
      log("info", "Redis is back", { redis: name, address });
    },
    over: () => told.clear(),
  };
}
