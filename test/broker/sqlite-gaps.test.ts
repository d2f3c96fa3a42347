/** Held against SQLite's own account of its pages: dbstat tells how much of each is unused. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { zeroGaps } from "../../src/broker/sqlite-gaps.ts";

const PAGE = 4096;
const SIZES = [0, 1, 100, 500, 1000, 2000, 4057, 4060, 4062, 4080, 5000, 8144, 8148, 8160, 20_000, 70_000];

it("zeroes what values and cells leave of their pages, and nothing else", () => {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-gaps-"));
  const path = join(directory, "file.db");
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE events (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE state (key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key)) WITHOUT ROWID;
    CREATE INDEX by_value ON state (value);
  `);
  for (let round = 0; round < 10; round++) {
    for (const size of SIZES) {
      const text = `${round}-${size}-`.padEnd(size, "x");
      database.prepare("INSERT INTO events (bytes) VALUES (?)").run(Buffer.from(text));
      database.prepare("INSERT INTO state VALUES (?, ?)").run(`${text.slice(0, 30)}${round}`, text);
    }
  }
  database.exec("DELETE FROM events WHERE seq % 7 = 0");
  const contents = (one: DatabaseSync) =>
    JSON.stringify([
      one.prepare("SELECT seq, hex(bytes) AS h FROM events").all(),
      one.prepare("SELECT * FROM state").all(),
    ]);
  const before = contents(database);
  const ends = database
    .prepare("SELECT pageno, unused FROM dbstat WHERE pagetype = 'overflow' AND unused > 0")
    .all() as unknown as { pageno: number; unused: number }[];
  const trees = database
    .prepare("SELECT pageno, unused FROM dbstat WHERE pagetype <> 'overflow' AND unused > 64")
    .all();
  database.close();
  expect(ends.length).toBeGreaterThan(50);
  expect(trees.length).toBeGreaterThan(5);

  const descriptor = openSync(path, "r+");
  const garbage = (length: number) => Buffer.alloc(length, "SECRET");
  for (const { pageno, unused } of ends) writeSync(descriptor, garbage(unused), 0, unused, pageno * PAGE - unused);
  // Of pages of trees the part right behind the list of cells.
  for (const { pageno } of trees as unknown as { pageno: number }[]) {
    const page = readFileSync(path).subarray((pageno - 1) * PAGE, pageno * PAGE);
    const at = pageno === 1 ? 100 : 0;
    const start = at + ((page[at] ?? 0) > 8 ? 8 : 12) + 2 * page.readUInt16BE(at + 3);
    const length = page.readUInt16BE(at + 5) - start;
    if (length > 0) writeSync(descriptor, garbage(length), 0, length, (pageno - 1) * PAGE + start);
  }
  expect(readFileSync(path).includes("SECRET")).toBe(true);
  const pageCount = readFileSync(path).length / PAGE;
  let page: number | undefined = 0;
  while (page !== undefined) page = zeroGaps({ descriptor, pageCount, pageBytes: PAGE }, page);
  closeSync(descriptor);

  expect(readFileSync(path).includes("SECRET")).toBe(false);
  const after = new DatabaseSync(path);
  expect(after.prepare("PRAGMA integrity_check").get()?.integrity_check).toBe("ok");
  expect(contents(after) === before).toBe(true);
  after.close();
  rmSync(directory, { recursive: true });
});
