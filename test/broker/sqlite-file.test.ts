/** What is true of the SQLite file alone: its lock, its damage, its rights, its disk. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { newEvent } from "../suites/broker/events.ts";
import { describeWhere } from "../support/only-where.ts";
import { openTestSqliteBroker } from "../support/sqlite-broker.ts";

let directory: string;
let brokers: Broker[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "poolcast-file-"));
});

afterEach(async () => {
  for (const broker of brokers) await broker.close();
  brokers = [];
  rmSync(directory, { recursive: true, force: true });
});

function open(path = join(directory, "data", "events.db")): Broker {
  const broker = openTestSqliteBroker({ path });
  brokers.push(broker);
  return broker;
}

const events = (count: number, size = 10) =>
  Array.from({ length: count }, (_, n) =>
    newEvent({ id: `e${n}-${Math.random()}`, data: JSON.stringify("x".repeat(size)) }),
  );

describe("the SQLite file", () => {
  it("and its directory are made, for their owner only", () => {
    open();
    expect(statSync(join(directory, "data")).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "data", "events.db")).mode & 0o777).toBe(0o600);
  });

  it("is open in one process at a time, and free again after a close", async () => {
    const first = open();
    expect(() => open()).toThrowError(expect.objectContaining({ code: "broker_in_use" }));
    await first.close();
    await open().append({ events: events(1) });
  });

  it("gives the leases of an earlier process back when it is opened", async () => {
    const first = open();
    await first.ensureSubscription({ subscription: "s", start: "earliest" });
    await first.append({ events: events(2) });
    const claim = { subscription: "s", filters: [], limit: 10, leaseMs: 3_600_000, ordering: "none" } as const;
    expect((await first.claim(claim)).deliveries).toHaveLength(2);
    await first.close();
    const { deliveries } = await open().claim(claim);
    expect(deliveries.map(({ attempt }) => attempt)).toEqual([2, 2]);
  });

  it("is brought up to date where an older poolcast wrote it, with all it holds", async () => {
    const path = join(directory, "older.db");
    const first = open(path);
    await first.append({ events: events(3) });
    await first.close();
    const database = new DatabaseSync(path);
    database.exec("DROP TABLE state; DROP TABLE event_parts; ALTER TABLE events DROP COLUMN parts");
    database.exec("DROP INDEX deliveries_forward; ALTER TABLE deliveries DROP COLUMN put_back_ms");
    for (const column of ["note", "ms", "tries", "lease"]) {
      database.exec(`ALTER TABLE deliveries DROP COLUMN forward_${column}`);
    }
    database.exec("UPDATE poolcast_schema SET version = 1");
    database.close();
    const broker = open(path);
    await broker.append({ events: [], state: [{ collection: "c", key: "k", value: "v" }] });
    expect((await broker.stats()).events).toBe(3);
  });

  it("is refused where a newer poolcast wrote it", async () => {
    const path = join(directory, "newer.db");
    await open(path).close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE poolcast_schema SET version = 99");
    database.close();
    expect(() => open(path)).toThrowError(expect.objectContaining({ code: "broker_incompatible" }));
  });

  it("is refused where it is something else", () => {
    const path = join(directory, "notes.txt");
    writeFileSync(path, "these are not the events you are looking for".repeat(50));
    expect(() => open(path)).toThrowError(expect.objectContaining({ code: "broker_incompatible" }));
    expect(readFileSync(path, "utf8")).toContain("not the events");
  });

  it("is refused where it is damaged, and left as it is", async () => {
    const path = join(directory, "damaged.db");
    const broker = open(path);
    await broker.append({ events: events(200, 2000) });
    await broker.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 3 * 4096, 40 * 4096);
    writeFileSync(path, bytes);
    expect(() => open(path)).toThrowError(expect.objectContaining({ code: "broker_corrupt" }));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("names the path where it cannot be made", () => {
    const path = join(directory, "file", "events.db");
    writeFileSync(join(directory, "file"), "");
    expect(() => open(path)).toThrowError(
      expect.objectContaining({ code: "broker_unavailable", message: expect.stringContaining(path) }),
    );
  });

  it("keeps what it has when another process truncates its log at any point of an unacknowledged commit", async () => {
    const path = join(directory, "torn.db");
    const broker = open(path);
    await broker.append({ events: events(3) });
    const acknowledged = readFileSync(`${path}-wal`).length;
    await broker.append({ events: events(1) });
    const wal = readFileSync(`${path}-wal`);
    const database = readFileSync(path);
    for (let length = acknowledged; length < wal.length; length += 1024) {
      const copy = join(directory, `torn-${length}.db`);
      writeFileSync(copy, database);
      writeFileSync(`${copy}-wal`, wal.subarray(0, length));
      const reopened = open(copy);
      expect((await reopened.stats()).events).toBe(3);
    }
  });
});

const asRoot = process.getuid?.() === 0;

describeWhere(asRoot, "needs root, to mount a small one")("a full disk", () => {
  let disk: string;
  beforeEach(() => {
    disk = join(directory, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    chmodSync(disk, 0o700);
  });
  afterEach(() => {
    execFileSync("umount", ["--lazy", disk]);
  });

  it("refuses new events, keeps the old ones deliverable, and takes new ones when there is room again", async () => {
    const filler = join(disk, "filler");
    writeFileSync(filler, Buffer.alloc(512 * 1024));
    const broker = open(join(disk, "events.db"));
    await broker.ensureSubscription({ subscription: "s", start: "earliest" });
    let stored = 0;
    const fill = async () => {
      while (true) {
        await broker.append({ events: events(5, 4000) });
        stored += 5;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "broker_full" });
    expect((await broker.stats()).events).toBe(stored);

    rmSync(filler);
    await broker.append({ events: events(5, 4000) });
    const claim = { subscription: "s", filters: [], limit: 1000, leaseMs: 60_000, ordering: "none" } as const;
    expect((await broker.claim(claim)).deliveries).toHaveLength(stored + 5);
  });
});
