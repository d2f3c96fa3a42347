import { BrokerFailure } from "../broker.ts";
import { integer, type SqlDriver } from "./driver.ts";

/**
 * Migrations, applied in order and never edited once released. Entry n brings a store from version n to n + 1.
 *
 * `log` holds one row of counters. An event is settled for a subscription when its `seq` is at or below the
 * subscription's cursor and it has no row in `deliveries`; so an undisturbed delivery costs one insert and one
 * delete, and a subscription that matches nothing costs one update of its cursor.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE log (
       id INTEGER PRIMARY KEY CHECK (id = 1),
       last_seq INTEGER NOT NULL,
       last_lease INTEGER NOT NULL,
       last_purged INTEGER NOT NULL,
       events INTEGER NOT NULL,
       bytes INTEGER NOT NULL)`,
    "INSERT INTO log VALUES (1, 0, 0, 0, 0, 0)",
    `CREATE TABLE events (
       seq INTEGER PRIMARY KEY,
       recorded_ms INTEGER NOT NULL,
       partition_key TEXT,
       data_kind INTEGER NOT NULL,
       data_offset INTEGER NOT NULL,
       bytes BLOB NOT NULL)`,
    // Keys are grouped by when they came, so that inserts stay near each other and expiry is a range.
    `CREATE TABLE dedupe (
       bucket INTEGER NOT NULL,
       key BLOB NOT NULL,
       recorded_ms INTEGER NOT NULL,
       PRIMARY KEY (bucket, key)) WITHOUT ROWID`,
    `CREATE TABLE subscriptions (
       id INTEGER PRIMARY KEY,
       name TEXT NOT NULL UNIQUE,
       cursor INTEGER NOT NULL,
       ordered INTEGER NOT NULL DEFAULT 0)`,
    // due_ms: when a waiting row may be claimed, when a lease ends, when a dead letter died.
    // order_key: the partition key, kept only where the subscription is ordered by key.
    `CREATE TABLE deliveries (
       seq INTEGER NOT NULL,
       subscription INTEGER NOT NULL,
       state INTEGER NOT NULL,
       due_ms INTEGER NOT NULL,
       attempt INTEGER NOT NULL,
       lease INTEGER NOT NULL,
       order_key TEXT,
       reason TEXT,
       detail TEXT,
       PRIMARY KEY (seq, subscription)) WITHOUT ROWID`,
    "CREATE INDEX deliveries_due ON deliveries (subscription, due_ms, seq) WHERE state < 2",
    "CREATE INDEX deliveries_blocked ON deliveries (subscription, seq) WHERE state = 2",
    "CREATE INDEX deliveries_dead ON deliveries (subscription, seq) WHERE state = 3",
    "CREATE INDEX deliveries_died ON deliveries (due_ms) WHERE state = 3",
    "CREATE INDEX deliveries_key ON deliveries (subscription, order_key, seq) WHERE order_key IS NOT NULL AND state < 3",
  ],
  [
    `CREATE TABLE state (
       collection TEXT NOT NULL,
       key TEXT NOT NULL,
       value TEXT NOT NULL,
       version INTEGER NOT NULL,
       PRIMARY KEY (collection, key)) WITHOUT ROWID`,
  ],
  [
    // What of an event is longer than a value may be, see parts.ts; `parts` counts its rows here.
    "ALTER TABLE events ADD COLUMN parts INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE event_parts (seq INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (seq, part))",
    // When a delivery was put back last; null where it never was.
    "ALTER TABLE deliveries ADD COLUMN put_back_ms INTEGER",
    // Of dead letters that are to be sent somewhere else; null in all other rows. forward_ms: when one may be claimed, or
    // when its lease ends.
    "ALTER TABLE deliveries ADD COLUMN forward_note TEXT",
    "ALTER TABLE deliveries ADD COLUMN forward_ms INTEGER",
    "ALTER TABLE deliveries ADD COLUMN forward_tries INTEGER",
    "ALTER TABLE deliveries ADD COLUMN forward_lease INTEGER",
    "CREATE INDEX deliveries_forward ON deliveries (subscription, forward_ms, seq) WHERE forward_ms IS NOT NULL",
  ],
];

/** States of a row in `deliveries`. */
export const WAITING = 0;
export const LEASED = 1;
/** Held back by an earlier unsettled event of the same key. */
export const BLOCKED = 2;
export const DEAD = 3;

/** Brings a new or older store to the newest version; refuses one that a newer poolcast wrote. */
export function migrate(driver: SqlDriver): void {
  driver.transaction(() => {
    driver.run("CREATE TABLE IF NOT EXISTS poolcast_schema (version INTEGER NOT NULL)");
    const rows = driver.run("SELECT version FROM poolcast_schema");
    const version = integer(rows[0], "version");
    if (version > MIGRATIONS.length) {
      throw new BrokerFailure(
        "broker_incompatible",
        `the store has schema version ${version}, this poolcast knows ${MIGRATIONS.length}: use a newer poolcast`,
      );
    }
    for (const statements of MIGRATIONS.slice(version)) for (const sql of statements) driver.run(sql);
    if (rows.length === 0) driver.run("INSERT INTO poolcast_schema VALUES (?)", MIGRATIONS.length);
    else driver.run("UPDATE poolcast_schema SET version = ?", MIGRATIONS.length);
  });
}
