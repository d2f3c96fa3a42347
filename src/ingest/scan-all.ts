import type { Broker, StateEntry } from "../broker/broker.ts";

const PAGE = 200;

/** Every entry of a collection, at least once. */
export async function* scanAll(broker: Broker, collection: string): AsyncGenerator<StateEntry> {
  let after: string | undefined;
  do {
    const { entries, next } = await broker.scanState({
      collection,
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    yield* entries;
    after = next;
  } while (after !== undefined);
}
