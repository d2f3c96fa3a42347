/**
 * Overwrites the free pages of the file, in which what was deleted could still be read. SQLite hands a free page to
 * whoever needs one: so a table takes them all, and under `secure_delete` each is zeroed when the table lets go of it.
 * https://www.sqlite.org/pragma.html#pragma_secure_delete
 */
import { integer, type SqlDriver } from "./driver.ts";

/** Pages filled or freed in one transaction. */
const PAGES_PER_STEP = 4096;
/** Of each page of a long value, so many bytes are its header. */
const PAGE_HEADER = 4;

export function beginScrub(driver: SqlDriver): void {
  driver.run("CREATE TABLE IF NOT EXISTS scrub (zeros BLOB NOT NULL)");
}

/** False where no free page was left. */
export function takeFreePages(driver: SqlDriver): boolean {
  const [row] = driver.run(
    "SELECT freelist_count AS free, page_size AS size FROM pragma_freelist_count, pragma_page_size",
  );
  const free = integer(row, "free");
  if (free === 0) return false;
  const pages = Math.min(free, PAGES_PER_STEP);
  driver.run("INSERT INTO scrub VALUES (zeroblob(?))", pages * (integer(row, "size") - PAGE_HEADER));
  return true;
}

/** False where all were given back. */
export function giveBackPages(driver: SqlDriver): boolean {
  return driver.run("DELETE FROM scrub WHERE rowid = (SELECT max(rowid) FROM scrub) RETURNING 1 AS one").length > 0;
}

export function endScrub(driver: SqlDriver): void {
  driver.run("DROP TABLE IF EXISTS scrub");
}
