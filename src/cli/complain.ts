import { withoutControls } from "../runtimes/log-writer.ts";

/** A line on stderr for whoever called. What somebody else said may be in it: the terminal is not told what to do. */
export function complain(text: string): void {
  process.stderr.write(`poolcast: ${withoutControls(text)}\n`);
}
