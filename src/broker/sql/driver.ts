/**
 * What the SQL broker needs of a database: SQLite's dialect, values bound as text, safe integer, null or bytes, at
 * most 100 of them a statement, one statement a call. No PRAGMA, no BEGIN: a Durable Object refuses both.
 */
export interface SqlDriver {
  /** Bytes of one value at most; what is longer is stored in parts. */
  readonly maxValueBytes: number;
  /** Events that are looked at together at most: all of them are in memory then. */
  readonly maxEventsAtOnce: number;
  /** Runs one statement and answers its rows. */
  run(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[];
  /** Runs `work` in one transaction: all of it happens, or, where it throws, nothing. `work` is synchronous. */
  transaction<T>(work: () => T): T;
}

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export function integer(row: SqlRow | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === "number" ? value : 0;
}

export function text(row: SqlRow | undefined, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === "string" ? value : undefined;
}

export function bytes(row: SqlRow | undefined, column: string): Uint8Array {
  const value: unknown = row?.[column];
  if (value instanceof Uint8Array) return value;
  // A Durable Object answers blobs as ArrayBuffer.
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(0);
}
