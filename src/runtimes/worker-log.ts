/** Log lines of a Worker, as JSON, where its observability finds them. */
import type { Log } from "../core/log.ts";
import { createLog } from "./log-writer.ts";

export const workerLog = createLog({
  // biome-ignore lint/suspicious/noConsole: a Worker has no other way to write a line.
  write: (line) => console.log(line.trimEnd()),
  readable: false,
  clock: Date.now,
});

/** Of one object; with its name where there are several. */
export function objectLog(shard: string | undefined): Log {
  if (shard === undefined) return workerLog;
  return (level, message, fields) => workerLog(level, message, { shard, ...fields });
}

/** An event, for the subscription that is implied where none is configured. */
export function writeLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: as above.
  console.log(line.trimEnd());
}
