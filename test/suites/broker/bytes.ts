import { expect } from "vitest";
import type { NewEvent } from "../../../src/broker/broker.ts";
import type { EncodedEvent } from "../../../src/core/event.ts";
import { newEvent } from "./events.ts";
import type { Scenario } from "./harness.ts";
import { claim, DEAD, RELEASE, settle, subscribe } from "./steps.ts";

/** Every byte, so that text is no good as a carrier. */
const ALL_BYTES = btoa(String.fromCharCode(...Array.from({ length: 256 }, (_, at) => at)));

const EVENTS: readonly NewEvent[] = [
  newEvent({ id: "none", dataKind: "none" }),
  newEvent({ id: "json", data: '{"a":[1,2.50,null,true],  "b":"x"}' }),
  newEvent({ id: "text", dataKind: "text", data: '"plain, not JSON"' }),
  newEvent({ id: "base64", dataKind: "base64", data: JSON.stringify(ALL_BYTES) }),
  newEvent({ id: "é日本😀", partitionKey: "ключ", data: JSON.stringify({ name: "Zoë 𝕏 ∑\u0000\u2028\ufeff" }) }),
  newEvent({ id: "large", data: JSON.stringify("0123456789".repeat(30_000)) }),
  newEvent({ id: "large-utf8", data: JSON.stringify("ß😀".repeat(50_000)) }),
];

/** Compares by hand: a matcher would print 300 kB. */
function difference(actual: EncodedEvent, expected: EncodedEvent): string | undefined {
  if (!(actual.bytes instanceof Uint8Array)) return "bytes are no Uint8Array";
  if (actual.bytes.length !== expected.bytes.length) return `${actual.bytes.length} bytes`;
  const at = actual.bytes.findIndex((byte, index) => byte !== expected.bytes[index]);
  if (at >= 0) return `byte ${at}`;
  if (actual.dataOffset !== expected.dataOffset) return `dataOffset ${actual.dataOffset}`;
  return actual.dataKind === expected.dataKind ? undefined : `dataKind ${actual.dataKind}`;
}

function expectSame(actual: readonly { readonly event: EncodedEvent }[], expected = EVENTS): void {
  const differences = expected.map(({ event }, at) => {
    const got = actual[at];
    return got === undefined ? "missing" : difference(got.event, event);
  });
  expect(differences).toEqual(expected.map(() => undefined));
}

export function bytesTests(it: Scenario): void {
  it("gives back the exact bytes, data offset and data kind of every kind of event", async ({ broker }) => {
    await subscribe(broker);
    await broker.append({ events: EVENTS });
    const { deliveries } = await claim(broker);
    expectSame(deliveries);
    await settle(broker, deliveries, RELEASE);
    expectSame((await claim(broker)).deliveries);
  });

  it("gives back the exact bytes of a dead letter", async ({ broker }) => {
    await subscribe(broker);
    await broker.append({ events: EVENTS });
    await settle(broker, (await claim(broker)).deliveries, DEAD);
    expectSame(await broker.listDead({ subscription: "crm", limit: 100 }));
  });

  it("gives back the exact bytes of an event of several megabytes, alive and dead", async ({ broker }) => {
    const large = newEvent({ id: "large", data: JSON.stringify("0123456789abcdef".repeat(330_000)) });
    const events = [newEvent("before"), large, newEvent("after")];
    await subscribe(broker);
    await broker.append({ events });
    const { deliveries } = await claim(broker);
    expectSame(deliveries, events);
    await settle(broker, deliveries, DEAD);
    expectSame(await broker.listDead({ subscription: "crm", limit: 10 }), events);
  });

  it("stores the bytes of a view, not of the buffer behind it", async ({ broker }) => {
    const whole = newEvent("view");
    const buffer = new Uint8Array(whole.event.bytes.length + 64).fill(0x20);
    buffer.set(whole.event.bytes, 32);
    const bytes = buffer.subarray(32, 32 + whole.event.bytes.length);
    await subscribe(broker);
    await broker.append({ events: [{ ...whole, event: { ...whole.event, bytes } }] });
    expectSame((await claim(broker)).deliveries, [whole]);
  });

  it("does not mind what happens to the caller's bytes after append", async ({ broker }) => {
    const whole = newEvent("reused");
    const bytes = whole.event.bytes.slice();
    await subscribe(broker);
    await broker.append({ events: [{ ...whole, event: { ...whole.event, bytes } }] });
    bytes.fill(0);
    expectSame((await claim(broker)).deliveries, [whole]);
  });
}
