/** The names of all shards, as the object `gateway` remembers them: what nobody knew of would be kept by no cron. */
import type { ObjectStorage } from "../broker/durable-object.ts";
import { isShardName } from "../ingest/shards/shard-of.ts";

export interface ShardListParts {
  readonly storage: ObjectStorage;
  /** Admitted in any case. */
  readonly configured: readonly string[];
  /** Default 256. */
  readonly most?: number | undefined;
}

export interface ShardList {
  /** Those of the names that have a shard from now on, or had one before. Resolves when that is durable. */
  admit(names: readonly string[]): Promise<readonly string[]>;
  /** All of them, the configured ones among them. */
  all(): Promise<readonly string[]>;
}

/**
 * Each is an object that is paid for, and asked for whenever all are: an organisation of 60 accounts in 4 Regions has
 * room. Whoever may send records can name accounts, so that there must be an end.
 */
const MOST = 256;

export function createShardList({ storage, configured, most = MOST }: ShardListParts): ShardList {
  const certain = new Set(configured);

  function read(): Set<string> {
    storage.sql.exec("CREATE TABLE IF NOT EXISTS shards (name TEXT PRIMARY KEY) WITHOUT ROWID");
    return new Set(
      storage.sql
        .exec("SELECT name FROM shards ORDER BY name")
        .toArray()
        .map(({ name }) => String(name)),
    );
  }

  function add(names: readonly string[]): Set<string> {
    const known = read();
    for (const name of names) {
      if (known.has(name) || !(certain.has(name) || (isShardName(name) && known.size < most))) continue;
      storage.sql.exec("INSERT INTO shards VALUES (?)", name);
      known.add(name);
    }
    return known;
  }

  async function added(names: readonly string[]): Promise<ReadonlySet<string>> {
    const known = storage.transactionSync(() => add(names));
    await storage.sync();
    return known;
  }

  return {
    async admit(names) {
      const known = await added(names);
      return names.filter((name) => known.has(name));
    },
    all: async () => [...(await added(configured))].toSorted(),
  };
}
