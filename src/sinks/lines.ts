/** Events as lines of structured JSON, for a person or a pipe: the sink where nothing else is configured. */
import { orAborted } from "../core/or-aborted.ts";
import type { Sink } from "./sink.ts";

/** Between the tokens of data that somebody posted: within a text JSON has none. */
const BREAKS = /[\r\n]+/g;

/** `write` resolves when the line was taken. */
export function createLineSink(write: (line: string) => Promise<void>): Sink {
  const decoder = new TextDecoder();
  return {
    async send({ bytes }, signal) {
      try {
        // Whoever reads the lines may stand still.
        await orAborted(write(`${decoder.decode(bytes).replace(BREAKS, " ")}\n`), signal);
        return { kind: "taken" };
      } catch (error) {
        if (signal.aborted) return { kind: "failure", reason: "aborted", message: "aborted" };
        return { kind: "failure", reason: "connection_failed", message: error instanceof Error ? error.message : "" };
      }
    },
    close: async () => {},
  };
}
