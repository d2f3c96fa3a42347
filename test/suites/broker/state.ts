import { expect } from "vitest";
import { type Broker, brokerFailureCode, type StateEntry, type StateWrite } from "../../../src/broker/broker.ts";
import { eventIds, newEvent } from "./events.ts";
import type { Scenario } from "./harness.ts";
import { append, claimIds, createTurnLimit, subscribe } from "./steps.ts";

const COLLECTION = "checkpoints";

function write(broker: Broker, ...state: StateWrite[]): Promise<readonly string[]> {
  return broker.append({ events: [], state });
}

function put(key: string, value: string | null, ifVersion?: number): StateWrite {
  return { collection: COLLECTION, key, value, ...(ifVersion !== undefined && { ifVersion }) };
}

async function entry(broker: Broker, key: string, collection = COLLECTION): Promise<StateEntry | undefined> {
  const [found] = await broker.getState({ collection, keys: [key] });
  return found;
}

async function scanAll(broker: Broker, limit: number, collection = COLLECTION): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const turn = createTurnLimit();
  let after: string | undefined;
  do {
    turn();
    const page = await broker.scanState({ collection, limit, ...(after !== undefined && { after }) });
    for (const { key, value } of page.entries) found.set(key, value);
    after = page.next;
  } while (after !== undefined);
  return found;
}

export function stateTests(it: Scenario): void {
  it("has no entry that nobody wrote", async ({ broker }) => {
    expect(await broker.getState({ collection: COLLECTION, keys: ["a"] })).toEqual([]);
    expect(await broker.getState({ collection: COLLECTION, keys: [] })).toEqual([]);
    expect(await broker.scanState({ collection: COLLECTION, limit: 10 })).toEqual({ entries: [] });
  });

  it("counts the versions of an entry from one", async ({ broker }) => {
    expect(await write(broker, put("a", "first"))).toEqual([]);
    expect(await entry(broker, "a")).toEqual({ key: "a", value: "first", version: 1 });
    await write(broker, put("a", "second"));
    expect(await entry(broker, "a")).toEqual({ key: "a", value: "second", version: 2 });
  });

  it("keeps any text as key and value", async ({ broker }) => {
    const texts = ["", " ", "a/b\nc", "ünïcödé 😀", "':\"\\%*?[]{}", "__proto__", "x".repeat(200_000)];
    await write(broker, ...texts.map((text, at) => put(at === texts.length - 1 ? "long" : text, text)));
    const entries = await broker.getState({ collection: COLLECTION, keys: texts.slice(0, -1) });
    expect(new Map(entries.map(({ key, value }) => [key, value]))).toEqual(
      new Map(texts.slice(0, -1).map((text) => [text, text])),
    );
    expect((await entry(broker, "long"))?.value).toBe(texts.at(-1));
    expect((await scanAll(broker, 2)).size).toBe(texts.length);
  });

  it("keeps collections apart", async ({ broker }) => {
    await write(broker, put("a", "here"), { collection: "work", key: "a", value: "there" });
    await write(broker, { collection: "work", key: "b", value: "there" }, put("a", null));
    expect(await scanAll(broker, 10)).toEqual(new Map());
    expect(await scanAll(broker, 10, "work")).toEqual(
      new Map([
        ["a", "there"],
        ["b", "there"],
      ]),
    );
  });

  it("deletes with null, also what is not there, and begins anew", async ({ broker }) => {
    await write(broker, put("a", "x"), put("b", "y"));
    await write(broker, put("a", null), put("c", null));
    expect(await entry(broker, "a")).toBeUndefined();
    await write(broker, put("a", "again", 0));
    expect((await entry(broker, "a"))?.version).toBe(1);
  });

  it("writes what is asked for by version only where that holds", async ({ broker }) => {
    await write(broker, put("a", "first", 0));
    await write(broker, put("a", "second", 1));
    for (const ifVersion of [0, 1, 3]) {
      expect(await write(broker, put("a", "third", ifVersion)).catch(brokerFailureCode)).toBe("state_conflict");
      expect(await write(broker, put("a", null, ifVersion)).catch(brokerFailureCode)).toBe("state_conflict");
    }
    expect(await write(broker, put("b", "x", 1)).catch(brokerFailureCode)).toBe("state_conflict");
    expect(await entry(broker, "a")).toEqual({ key: "a", value: "second", version: 2 });
    await write(broker, put("a", null, 2));
    expect(await entry(broker, "a")).toBeUndefined();
  });

  it("writes events and state in one step", async ({ broker }) => {
    await subscribe(broker);
    const outcomes = await broker.append({ events: [newEvent("e1"), newEvent("e2")], state: [put("a", "seen e2")] });
    expect(outcomes).toEqual(["stored", "stored"]);
    expect((await entry(broker, "a"))?.value).toBe("seen e2");
    expect(await claimIds(broker)).toEqual(["e1", "e2"]);
  });

  it("writes the state of events that are all duplicates", async ({ broker }) => {
    await append(broker, "e1");
    expect(await broker.append({ events: [newEvent("e1")], state: [put("a", "x")] })).toEqual(["duplicate"]);
    expect((await entry(broker, "a"))?.value).toBe("x");
  });

  it("stores no event and no state where one version does not hold", async ({ broker }) => {
    await subscribe(broker);
    const state = [put("a", "x"), put("b", "x", 1), put("c", "x")];
    expect(await broker.append({ events: [newEvent("e1")], state }).catch(brokerFailureCode)).toBe("state_conflict");
    expect(await scanAll(broker, 10)).toEqual(new Map());
    expect(await claimIds(broker)).toEqual([]);
    expect(await append(broker, "e1")).toEqual(["stored"]);
  });

  it(
    "writes no state where there is no room for the events, and state alone all the same",
    async ({ broker, limits }) => {
      const large = newEvent({ id: "e1", data: JSON.stringify("x".repeat(limits.maxBytes)) });
      const full = broker.append({ events: [large], state: [put("a", "x")] });
      expect(await full.catch(brokerFailureCode)).toBe("broker_full");
      expect(await entry(broker, "a")).toBeUndefined();
      await write(broker, put("a", "y"));
      expect((await entry(broker, "a"))?.value).toBe("y");
    },
    { limits: { maxBytes: 1024 * 1024 } },
  );

  it("answers as many entries as are asked for", async ({ broker }) => {
    const keys = eventIds(250, "k");
    await write(broker, ...keys.map((key) => put(key, `of ${key}`)));
    const found = await broker.getState({ collection: COLLECTION, keys: [...keys, "other"] });
    expect(new Set(found.map(({ key, value }) => `${key} ${value}`))).toEqual(
      new Set(keys.map((key) => `${key} of ${key}`)),
    );
    for (const limit of [1, 7, 250, 1000])
      expect([...(await scanAll(broker, limit)).keys()].sort()).toEqual([...keys].sort());
  });

  it("answers in a scan whatever is there from its first call to its last", async ({ broker }) => {
    const keys = eventIds(100, "k");
    await write(broker, ...keys.map((key) => put(key, "old")));
    const found = new Set<string>();
    let after: string | undefined;
    for (let round = 0; ; round++) {
      const page = await broker.scanState({ collection: COLLECTION, limit: 10, ...(after !== undefined && { after }) });
      for (const { key } of page.entries) found.add(key);
      if (page.next === undefined) break;
      after = page.next;
      expect(round).toBeLessThan(1000);
      // One comes, one goes, one changes.
      await write(broker, put(`new${round}`, "x"), put(`k${100 - round}`, null), put("k50", `${round}`));
    }
    for (const key of eventIds(50, "k")) expect(found).toContain(key);
  });

  it("lets one of many writers of a version through", async ({ broker }) => {
    await write(broker, put("a", "0"));
    const codes = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        write(broker, put("a", `${at}`, 1)).then(() => "written", brokerFailureCode),
      ),
    );
    expect(codes.filter((code) => code === "written")).toHaveLength(1);
    expect(codes.filter((code) => code === "state_conflict")).toHaveLength(9);
    expect((await entry(broker, "a"))?.version).toBe(2);
  });

  it("loses no neighbour of a write that is refused", async ({ broker }) => {
    await subscribe(broker);
    const outcomes = await Promise.all([
      append(broker, "e1"),
      write(broker, put("a", "x", 7)).catch(brokerFailureCode),
      append(broker, "e2"),
    ]);
    expect(outcomes).toEqual([["stored"], "state_conflict", ["stored"]]);
    expect(await claimIds(broker)).toEqual(["e1", "e2"]);
  });

  it(
    "has its state after a crash",
    async ({ broker, crash }) => {
      await broker.append({ events: [newEvent("e1")], state: [put("a", "x"), put("b", "y")] });
      await write(broker, put("a", "z", 1), put("b", null));
      const after = await crash();
      expect(await after.scanState({ collection: COLLECTION, limit: 10 })).toEqual({
        entries: [{ key: "a", value: "z", version: 2 }],
      });
    },
    { needs: "durable" },
  );

  it(
    "shows one handle the state another wrote, and its version",
    async ({ broker, second }) => {
      const other = await second();
      await write(other, put("a", "x"));
      expect(await write(broker, put("a", "y", 0)).catch(brokerFailureCode)).toBe("state_conflict");
      await write(broker, put("a", "y", 1));
      expect(await entry(other, "a")).toEqual({ key: "a", value: "y", version: 2 });
    },
    { needs: "shared" },
  );

  it("counts no state as events", async ({ broker }) => {
    await write(broker, ...eventIds(10).map((key) => put(key, "x")));
    expect((await broker.stats()).events).toBe(0);
  });
}
