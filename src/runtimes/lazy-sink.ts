import type { Sink } from "../sinks/sink.ts";

/** A sink whose modules are loaded with its first event: no start has to wait for them. Not for one that takes batches. */
export function createLazySink(load: () => Promise<Sink>): Sink {
  let sink: Promise<Sink> | undefined;
  return {
    async send(event, signal) {
      sink ??= load();
      return (await sink).send(event, signal);
    },
    async close() {
      await (await sink)?.close();
    },
  };
}
