/** The stores of a Worker's objects on the disk of workerd, while no Worker runs. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Files of the objects that were ever called. */
export function objectStores(directory: string): readonly string[] {
  const place = join(directory, "do", "poolcast-Gateway");
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file))
    .map((file) => join(place, file));
}

/** Runs one statement in the store that holds an event in which `text` stands. */
export function changeStoreWith(directory: string, text: string, sql: string): void {
  for (const file of objectStores(directory)) {
    const database = new DatabaseSync(file);
    try {
      const hasEvents = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get();
      const found = hasEvents && database.prepare("SELECT 1 FROM events WHERE instr(bytes, CAST(? AS BLOB))").get(text);
      if (!found) continue;
      database.exec(sql);
      return;
    } finally {
      database.close();
    }
  }
  throw new Error(`no store has an event with ${text}`);
}
