/** What SQLite and the file system say of a file, as the failures that the port has for it. */
import { BrokerFailure } from "./broker.ts";

export const LET_WRITE = "let this user write there, also in its directory, or set broker.path to another place";

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** What SQLite says for each code, https://www.sqlite.org/c3ref/errcode.html (`sqlite3_errstr`) */
const MESSAGES: readonly (readonly [message: string, code: number])[] = [
  ["database is locked", SQLITE_BUSY],
  ["attempt to write a readonly database", SQLITE_READONLY],
  ["disk I/O error", SQLITE_IOERR],
  ["database disk image is malformed", SQLITE_CORRUPT],
  ["database or disk is full", SQLITE_FULL],
  ["file is not a database", SQLITE_NOTADB],
];

function primaryCode(error: unknown): number | undefined {
  const errcode = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : undefined;
  if (typeof errcode === "number") return errcode & 0xff;
  // Deno's `exec` leaves the code out; its words are SQLite's.
  const said = messageOf(error);
  return MESSAGES.find(([message]) => said.includes(message))?.[1];
}

/** What the failed handle remembers of the file is not to be trusted. */
export function needsReopen(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE_IOERR || code === SQLITE_CORRUPT;
}

/** `path` is the file, for whoever has to mend it. */
export function toFailure(error: unknown, path: string): BrokerFailure {
  if (error instanceof BrokerFailure) return error;
  const options = { cause: error };
  switch (primaryCode(error)) {
    case SQLITE_BUSY:
      return new BrokerFailure("broker_in_use", `${path} is open in another process: one gateway per file`, options);
    case SQLITE_READONLY:
      return new BrokerFailure("broker_unavailable", `${path}: ${messageOf(error)}: ${LET_WRITE}`, options);
    case SQLITE_FULL:
      return new BrokerFailure("broker_full", `no space left for ${path}`, options);
    case SQLITE_CORRUPT:
      return new BrokerFailure("broker_corrupt", `${path} is damaged: ${messageOf(error)}`, options);
    case SQLITE_NOTADB:
      return new BrokerFailure("broker_incompatible", `${path} is not a SQLite file`, options);
    default:
      return new BrokerFailure("broker_unavailable", `${path}: ${messageOf(error)}`, options);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
