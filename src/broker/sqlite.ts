/**
 * The embedded broker: one SQLite file, one process. WAL with synchronous=FULL, so an append survives a power cut;
 * locking_mode=EXCLUSIVE, so a second gateway on the same file refuses to start, and a killed one leaves no lock.
 */
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock, Sha256 } from "../core/clock.ts";
import { type Broker, BrokerFailure, type BrokerHealth, type BrokerLimits } from "./broker.ts";
import { createGroupCommit } from "./group-commit.ts";
import { integer, type SqlDriver } from "./sql/driver.ts";
import { beginScrub, endScrub, giveBackPages, takeFreePages } from "./sql/scrub.ts";
import { createSqlBroker, prepareSqlStore } from "./sql.ts";
import { LET_WRITE, messageOf, needsReopen, toFailure } from "./sqlite-failure.ts";
import { zeroGaps } from "./sqlite-gaps.ts";

export interface SqliteBrokerOptions extends BrokerLimits {
  readonly path: string;
  readonly clock: Clock;
  readonly sha256: Sha256;
  /**
   * Whether leases of an earlier process end at once, so that what it was sending when it died is sent again without
   * delay. Nobody else can hold one: the file has one process at a time. Default true.
   */
  readonly returnLeases?: boolean;
}

/** Pause between attempts to open a file anew after an input/output error. */
const REOPEN_PAUSE_MS = 1000;
const CHECKPOINT_EVERY_MS = 1000;
/** A consistency check reads the whole file; above this size it would hold up the start for too long. */
const CHECK_MAX_BYTES = 512 * 1024 * 1024;
/** https://www.sqlite.org/limits.html: SQLITE_MAX_LENGTH, which is of a whole row. */
const MAX_VALUE_BYTES = 900_000_000;
/** Zeroes what is deleted in pages that are written anyway; `scrub` sees to the others. */
const SECURE_DELETE = "PRAGMA secure_delete = FAST";
const SCHEMA_CACHE_KIB = 16_384;

/** Throws a BrokerFailure: `broker_in_use`, `broker_incompatible`, `broker_corrupt` or `broker_unavailable`. */
export function openSqliteBroker(options: SqliteBrokerOptions): Broker {
  const path = resolve(options.path);
  const limits: BrokerLimits = options;
  const { returnLeases = true } = options;
  let handle: Handle | undefined = openFile(path);
  let reopenAtMs = 0;
  let dirty = false;

  /** The open file; after an input/output error, a fresh look at it: what the failed one remembers is not to be trusted. */
  function current(): Handle {
    if (handle) return handle;
    if (options.clock() < reopenAtMs) throw new BrokerFailure("broker_unavailable", `cannot use ${path}`);
    reopenAtMs = options.clock() + REOPEN_PAUSE_MS;
    handle = openFile(path);
    // Here the process lives on, and with it what it leased.
    prepareSqlStore({ driver }, { returnLeases: false });
    return handle;
  }

  const driver: SqlDriver = {
    maxValueBytes: MAX_VALUE_BYTES,
    maxEventsAtOnce: 64,
    run: (sql, ...values) => statement(current(), sql).all(...values) as ReturnType<SqlDriver["run"]>,
    transaction(work) {
      const { database } = current();
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
  };

  const group = createGroupCommit({
    transaction(work, durability) {
      dirty = true;
      syncCommits(current(), durability === "synced");
      driver.transaction(work);
    },
    schedule: setImmediate,
    now: () => performance.now(),
    toFailure(error) {
      const failure = toFailure(error, path);
      if (needsReopen(error)) {
        closeQuietly(handle);
        handle = undefined;
        reopenAtMs = options.clock() + REOPEN_PAUSE_MS;
      }
      return failure;
    },
  });

  try {
    prepareSqlStore({ driver }, { returnLeases });
  } catch (error) {
    closeQuietly(handle);
    throw toFailure(error, path);
  }

  // Checkpoints run beside the traffic: one that a commit stumbles into would make that commit slow.
  const checkpoints = setInterval(() => {
    if (!dirty || !handle) return;
    dirty = false;
    try {
      handle.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // What is in the log stays there; the next commit meets the same trouble and reports it.
    }
  }, CHECKPOINT_EVERY_MS);
  checkpoints.unref();

  let scrubbing = Promise.resolve();
  let rawFile: number | undefined;

  async function scrub(): Promise<void> {
    try {
      current().database.exec("PRAGMA secure_delete = ON");
      await group.commit(() => beginScrub(driver), "written");
      while (await group.commit(() => takeFreePages(driver), "written")) truncateLog();
      while (await group.commit(() => giveBackPages(driver), "written")) truncateLog();
      await group.commit(() => endScrub(driver), "synced");
      for (let page: number | undefined = 0; page !== undefined; ) {
        page = zeroSomeGaps(page);
        await new Promise((resume) => setImmediate(resume));
      }
    } catch (error) {
      throw toFailure(error, path);
    } finally {
      handle?.database.exec(SECURE_DELETE);
    }
  }

  /**
   * The descriptor stays open, since closing one would end the locks that SQLite has.
   * https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
   */
  function zeroSomeGaps(first: number): number | undefined {
    truncateLog();
    current().database.exec("PRAGMA shrink_memory");
    const [row] = driver.run("SELECT page_count AS count, page_size AS size FROM pragma_page_count, pragma_page_size");
    rawFile ??= openSync(path, "r+");
    return zeroGaps({ descriptor: rawFile, pageCount: integer(row, "count"), pageBytes: integer(row, "size") }, first);
  }

  /** Older versions of pages stand in the log until then. */
  function truncateLog(): void {
    const [row] = driver.run("PRAGMA wal_checkpoint(TRUNCATE)");
    if (integer(row, "busy") !== 0) throw new BrokerFailure("broker_unavailable", `cannot write the log into ${path}`);
  }

  return createSqlBroker({
    driver,
    clock: options.clock,
    sha256: options.sha256,
    limits,
    capabilities: { kind: "sqlite", shared: false, durable: true, positions: "number" },
    commit: group.commit,
    async check(): Promise<BrokerHealth> {
      const persistence = "SQLite, WAL, every commit synced to disk (synchronous=FULL)";
      try {
        const full = await group.commit(
          () => driver.run("UPDATE log SET id = 1 RETURNING bytes >= ? AS full", limits.maxBytes)[0]?.full === 1,
          "synced",
        );
        return full ? { writable: false, persistence, code: "broker_full" } : { writable: true, persistence };
      } catch (error) {
        return { writable: false, persistence, code: toFailure(error, path).code };
      }
    },
    scrub() {
      scrubbing = scrubbing.catch(() => {}).then(scrub);
      return scrubbing;
    },
    async close() {
      await group.idle();
      clearInterval(checkpoints);
      closeQuietly(handle);
      handle = undefined;
      reopenAtMs = Number.POSITIVE_INFINITY;
      if (rawFile !== undefined) closeSync(rawFile);
    },
  });
}

interface Handle {
  readonly database: DatabaseSync;
  readonly statements: Map<string, StatementSync>;
  /** Whether a commit waits for the disk: synchronous is FULL, not NORMAL. https://www.sqlite.org/pragma.html#pragma_synchronous */
  synced: boolean;
}

function syncCommits(handle: Handle, synced: boolean): void {
  if (handle.synced === synced) return;
  handle.database.exec(synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  handle.synced = synced;
}

function openFile(path: string): Handle {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Created here, so that it is private from its first byte; identities of people are in it.
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
    syncDirectory(dirname(path));
  } catch (cause) {
    throw new BrokerFailure("broker_unavailable", `${path}: ${messageOf(cause)}: ${LET_WRITE}`, { cause });
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // The lock comes first: with it, WAL needs no shared memory file.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA wal_autocheckpoint = 0");
    database.exec("PRAGMA journal_size_limit = 67108864");
    database.exec(`PRAGMA cache_size = -${SCHEMA_CACHE_KIB}`);
    database.exec(SECURE_DELETE);
    database.exec("BEGIN IMMEDIATE; COMMIT");
    checkConsistency(database, path);
    return { database, statements: new Map(), synced: true };
  } catch (error) {
    database?.close();
    throw toFailure(error, path);
  }
}

function checkConsistency(database: DatabaseSync, path: string): void {
  const size = database
    .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    .get();
  if (Number(size?.bytes) > CHECK_MAX_BYTES) return;
  const answer = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (answer !== "ok") {
    throw new BrokerFailure(
      "broker_corrupt",
      `${path} is damaged (${answer}): move it away, and recover it with sqlite3 .recover`,
    );
  }
}

function statement({ database, statements }: Handle, sql: string): StatementSync {
  const known = statements.get(sql);
  if (known) return known;
  const prepared = database.prepare(sql);
  statements.set(sql, prepared);
  return prepared;
}

/** Makes the new file's name durable, not just its content. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function closeQuietly(handle: Handle | undefined): void {
  try {
    handle?.database.close();
  } catch {
    // A handle that failed may fail to close; there is nothing left to save in it.
  }
}
