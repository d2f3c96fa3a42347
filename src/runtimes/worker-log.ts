/** Log lines of a Worker, as JSON, where its observability finds them. */
import { createLog } from "./log-writer.ts";

export const workerLog = createLog({
  // biome-ignore lint/suspicious/noConsole: a Worker has no other way to write a line.
  write: (line) => console.log(line.trimEnd()),
  readable: false,
  clock: Date.now,
});

/** An event, for the subscription that is implied where none is configured. */
export function writeLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: as above.
  console.log(line.trimEnd());
}
