/**
 * The broker of a Durable Object on Cloudflare Workers: the SQL broker on the object's own SQLite. One object has its
 * store to itself, and its statements run where the data is.
 * https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
 */
import type { Clock, Sha256 } from "../core/clock.ts";
import { type Broker, BrokerFailure, type BrokerHealth, type BrokerLimits } from "./broker.ts";
import type { SqlDriver, SqlRow, SqlValue } from "./sql/driver.ts";
import { createSqlBroker, prepareSqlStore } from "./sql.ts";

/** What of `DurableObjectStorage` is used here. */
export interface ObjectStorage {
  readonly sql: {
    exec(sql: string, ...values: readonly SqlValue[]): { toArray(): readonly SqlRow[] };
  };
  transactionSync<T>(work: () => T): T;
  /** Resolves when all that was written before is confirmed: it is on the disks of several machines. */
  sync(): Promise<void>;
}

export interface DurableObjectBrokerOptions extends BrokerLimits {
  readonly storage: ObjectStorage;
  readonly clock: Clock;
  readonly sha256: Sha256;
  /** Whether leases of an earlier life of the object end at once: nobody else can hold one. Default true. */
  readonly returnLeases?: boolean;
}

/** A row has 2 MB, of which its other columns take little. https://developers.cloudflare.com/durable-objects/platform/limits/ */
const MAX_VALUE_BYTES = 1_900_000;

const PERSISTENCE = "Durable Object, every commit confirmed by the storage before it is acknowledged";

/** Throws a BrokerFailure: `broker_incompatible` or `broker_unavailable`. */
export function openDurableObjectBroker(options: DurableObjectBrokerOptions): Broker {
  const { storage, clock, sha256, returnLeases = true } = options;
  const limits: BrokerLimits = options;
  let open = true;

  const driver: SqlDriver = {
    maxValueBytes: MAX_VALUE_BYTES,
    // An isolate has 128 MB for everything.
    maxEventsAtOnce: 8,
    run: (sql, ...values) => storage.sql.exec(sql, ...values).toArray(),
    transaction: (work) => storage.transactionSync(work),
  };

  try {
    prepareSqlStore({ driver }, { returnLeases });
  } catch (error) {
    throw toFailure(error);
  }

  async function commit<T>(work: () => T, durability: "synced" | "written"): Promise<T> {
    if (!open) throw new BrokerFailure("broker_unavailable", "the broker is closed");
    try {
      const result = driver.transaction(work);
      if (durability === "synced") await storage.sync();
      return result;
    } catch (error) {
      throw toFailure(error);
    }
  }

  return createSqlBroker({
    driver,
    clock,
    sha256,
    limits,
    capabilities: { kind: "durable-object", shared: false, durable: true, positions: "number" },
    commit,
    async check(): Promise<BrokerHealth> {
      try {
        const sql = "UPDATE log SET id = 1 RETURNING bytes >= ? AS is_full";
        const isFull = await commit(() => driver.run(sql, limits.maxBytes)[0]?.is_full === 1, "synced");
        const persistence = PERSISTENCE;
        return isFull ? { writable: false, persistence, code: "broker_full" } : { writable: true, persistence };
      } catch (error) {
        return { writable: false, persistence: PERSISTENCE, code: toFailure(error).code };
      }
    },
    async close() {
      open = false;
    },
  });
}

/** Errors of the storage carry no code, but SQLite's words: https://www.sqlite.org/c3ref/errcode.html */
function toFailure(error: unknown): BrokerFailure {
  if (error instanceof BrokerFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isFull = message.includes("SQLITE_FULL") || message.includes("database or disk is full");
  return new BrokerFailure(isFull ? "broker_full" : "broker_unavailable", message, { cause: error });
}
