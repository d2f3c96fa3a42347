import { expect } from "vitest";
import { type Broker, brokerFailureCode } from "../../../src/broker/broker.ts";
import { append } from "./steps.ts";

const EVENT_BYTES = 8 * 1024;
export const PADDING = JSON.stringify("x".repeat(EVENT_BYTES));
/** For a store with room for the pages that it needs for itself, and that is still quickly full. */
export const SMALL_BYTES = 64 * EVENT_BYTES;
/** What fits into a small store, twice: a broker may count by pages, but must not go on for ever. */
const MOST = 128;

/** Appends events of 8 KiB until the broker refuses one; the ids that went in. */
export async function fill(broker: Broker, prefix = "e", most = MOST): Promise<string[]> {
  const stored: string[] = [];
  for (let at = 0; at < most; at++) {
    const id = `${prefix}${at}`;
    const outcome = await append(broker, { id, data: PADDING }).catch(brokerFailureCode);
    if (outcome === "broker_full") return stored;
    expect(outcome).toEqual(["stored"]);
    stored.push(id);
  }
  throw new Error(`The broker took ${most} events.`);
}
