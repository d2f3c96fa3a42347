/** Events as lines of structured JSON, for a person or a pipe: the sink where nothing else is configured. */
import type { Sink } from "./sink.ts";

/** `write` resolves when the line was taken. */
export function createLineSink(write: (line: string) => Promise<void>): Sink {
  const decoder = new TextDecoder();
  return {
    async send({ bytes }) {
      try {
        await write(`${decoder.decode(bytes)}\n`);
        return { kind: "taken" };
      } catch (error) {
        return { kind: "failure", reason: "connection_failed", message: error instanceof Error ? error.message : "" };
      }
    },
    close: async () => {},
  };
}
