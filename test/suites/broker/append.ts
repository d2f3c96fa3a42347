import { expect, vi } from "vitest";
import { DAY, HOUR, type Scenario } from "./harness.ts";
import { append, claim, claimIds, subscribe, subscribeAndAppend } from "./steps.ts";

export function appendTests(it: Scenario): void {
  it("answers stored for every new event, and offers them in the order given", async ({ broker }) => {
    await subscribe(broker);
    expect(await append(broker, "a", "b", "c")).toEqual(["stored", "stored", "stored"]);
    expect(await append(broker, "d")).toEqual(["stored"]);
    expect(await claimIds(broker)).toEqual(["a", "b", "c", "d"]);
  });

  it("answers an empty batch with no outcomes", async ({ broker }) => {
    expect(await append(broker)).toEqual([]);
    expect((await broker.stats()).events).toBe(0);
  });

  it("answers duplicate for a dedupe key of an earlier call, and keeps the event stored first", async ({ broker }) => {
    await subscribeAndAppend(broker, { id: "first", dedupeKey: "k" });
    expect(await append(broker, { id: "second", dedupeKey: "k" })).toEqual(["duplicate"]);
    expect(await claimIds(broker)).toEqual(["first"]);
  });

  it("answers duplicate for the second of two equal dedupe keys in one batch", async ({ broker }) => {
    await subscribe(broker);
    const outcomes = await append(broker, { id: "a", dedupeKey: "k" }, "b", { id: "c", dedupeKey: "k" }, "d");
    expect(outcomes).toEqual(["stored", "stored", "duplicate", "stored"]);
    expect(await claimIds(broker)).toEqual(["a", "b", "d"]);
  });

  it("answers in order where new events and duplicates are mixed", async ({ broker }) => {
    await subscribeAndAppend(broker, "b", "d");
    const outcomes = await append(broker, "a", "b", "c", "d", "e");
    expect(outcomes).toEqual(["stored", "duplicate", "stored", "duplicate", "stored"]);
    expect(await claimIds(broker)).toEqual(["b", "d", "a", "c", "e"]);
  });

  it("goes by the dedupe key and not by the id of the event", async ({ broker }) => {
    await subscribe(broker);
    const outcomes = await append(broker, { id: "same", dedupeKey: "k1" }, { id: "same", dedupeKey: "k2" });
    expect(outcomes).toEqual(["stored", "stored"]);
    expect(await claimIds(broker)).toEqual(["same", "same"]);
  });

  it("takes any text as a dedupe key: empty, long, with NUL, in any script and case", async ({ broker }) => {
    const long = "x".repeat(10_000);
    const keys = [
      "",
      " ",
      "0",
      "k",
      "K",
      "k\u0000",
      "k\u00001",
      "é",
      "e\u0301",
      "日本",
      "😀",
      long,
      `${long}y`,
      "a:b",
      "'; --",
    ];
    const sketches = keys.map((dedupeKey, at) => ({ id: `e${at}`, dedupeKey }));
    expect(await append(broker, ...sketches)).toEqual(keys.map(() => "stored"));
    expect(await append(broker, ...sketches)).toEqual(keys.map(() => "duplicate"));
  });

  it("still answers duplicate just before the dedupe window ends", async ({ broker, advance, limits }) => {
    await append(broker, "a");
    await advance(limits.dedupeWindowMs - 1);
    expect(await append(broker, "a")).toEqual(["duplicate"]);
  });

  it("does not count the dedupe window anew from a duplicate", async ({ broker, advance, limits }) => {
    await append(broker, "a");
    await advance(limits.dedupeWindowMs - HOUR);
    expect(await append(broker, "a")).toEqual(["duplicate"]);
    // Brokers may keep keys in coarse buckets, so the end of the window is only asked for with two hours to spare.
    await advance(3 * HOUR);
    expect(await append(broker, "a")).toEqual(["stored"]);
  });

  it("stores a key again after the dedupe window, beside the event that had it first", async ({ broker, advance }) => {
    await subscribeAndAppend(broker, { id: "old", dedupeKey: "k" });
    await advance(DAY + 2 * HOUR);
    expect(await append(broker, { id: "new", dedupeKey: "k" }, { id: "newer", dedupeKey: "k" })).toEqual([
      "stored",
      "duplicate",
    ]);
    expect(await claimIds(broker)).toEqual(["old", "new"]);
  });

  it("records the time at which an event was stored", async ({ broker, advance, now }) => {
    const start = now();
    await subscribeAndAppend(broker, "a");
    await advance(1234);
    await append(broker, "b");
    const { deliveries } = await claim(broker);
    expect(deliveries.map((one) => one.recordedAtMs)).toEqual([start, start + 1234]);
  });

  it("stores a batch of a thousand events in order", async ({ broker }) => {
    await subscribe(broker);
    const ids = Array.from({ length: 1000 }, (_, at) => `e${at}`);
    expect(await append(broker, ...ids)).toEqual(ids.map(() => "stored"));
    expect(await claimIds(broker, { limit: 1000 })).toEqual(ids);
  });

  it("tells a listener that events were appended through its handle", async ({ broker }) => {
    const listener = vi.fn();
    broker.onAppend(listener);
    await append(broker, "a");
    await vi.waitFor(() => expect(listener).toHaveBeenCalled());
  });

  it("tells the listener the types of what was stored, not of duplicates", async ({ broker }) => {
    await append(broker, { id: "known", type: "old" });
    const listener = vi.fn();
    broker.onAppend(listener);
    await append(
      broker,
      { id: "known", type: "old" },
      { id: "a", type: "one" },
      { id: "b", type: "two" },
      { id: "c", type: "one" },
    );
    await vi.waitFor(() => expect(listener).toHaveBeenCalledWith(new Set(["one", "two"])));
  });
}
