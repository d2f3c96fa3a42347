import type { ObjectStorage } from "../broker/durable-object.ts";
import { GATEWAY } from "../ingest/shards/shard-of.ts";

/**
 * The name that an object is called by. workerd tells it in alarms too, and Cloudflare's documentation does not say so: a
 * shard keeps it, since one that took itself for `gateway` would poll nothing.
 */
export function ownName({ name }: { readonly name?: string }, { sql }: ObjectStorage): string {
  if (name === GATEWAY) return name;
  sql.exec("CREATE TABLE IF NOT EXISTS own_name (name TEXT NOT NULL)");
  const [kept] = sql.exec("SELECT name FROM own_name").toArray();
  if (kept) return String(kept.name);
  if (name !== undefined) sql.exec("INSERT INTO own_name VALUES (?)", name);
  return name ?? GATEWAY;
}
