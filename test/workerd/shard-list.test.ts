/** The names of shards, and its own, on the storage of a real Durable Object. */
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { ownName } from "../../src/runtimes/worker-own-name.ts";
import { createShardList, type ShardList } from "../../src/runtimes/worker-shard-list.ts";
import { newStub } from "./store.ts";

const name = (account: number, region = "us-west-2") => `${String(account).padStart(12, "0")}.${region}`;

/** Each call is a life of the object. */
function openList(configured: readonly string[] = [], most?: number) {
  const stub = newStub();
  return <T>(work: (list: ShardList) => Promise<T>) =>
    runInDurableObject(stub, (_, { storage }) => work(createShardList({ storage, configured, most })));
}

it("remembers who was admitted, over lives, and answers the same each time", async () => {
  const list = openList();
  expect(await list(({ all }) => all())).toEqual([]);
  expect(await list(({ admit }) => admit([name(2), name(1)]))).toEqual([name(2), name(1)]);
  expect(await list(({ admit }) => admit([name(1)]))).toEqual([name(1)]);
  expect(await list(({ all }) => all())).toEqual([name(1), name(2)]);
});

it("admits so many and no more; the configured ones always; what is no name never", async () => {
  const list = openList([name(9)], 2);
  expect(await list(({ admit }) => admit(["gateway", "1.x", name(1), name(2), name(3)]))).toEqual([name(1), name(2)]);
  expect(await list(({ admit }) => admit([name(3), name(2), name(9)]))).toEqual([name(2), name(9)]);
  expect(await list(({ admit }) => admit([name(3)]))).toEqual([]);
  expect(await list(({ all }) => all())).toEqual([name(1), name(2), name(9)]);
});

it("goes on to know a shard that is not configured any more", async () => {
  const stub = newStub();
  const all = (configured: readonly string[]) =>
    runInDurableObject(stub, (_, { storage }) => createShardList({ storage, configured }).all());
  expect(await all([name(9)])).toEqual([name(9)]);
  expect(await all([])).toEqual([name(9)]);
});

it("keeps its word where two ask at once", async () => {
  const list = openList([], 1);
  const [first, second] = await list(({ admit }) => Promise.all([admit([name(1)]), admit([name(2), name(1)])]));
  expect([first, second]).toEqual([[name(1)], [name(1)]]);
});

it("knows its own name in a life in which nobody tells it", async () => {
  const lifeOf = (stub: ReturnType<typeof newStub>) => (told?: string) =>
    runInDurableObject(stub, (_, { storage }) => ownName(told === undefined ? {} : { name: told }, storage));
  const shard = lifeOf(newStub());
  expect(await shard(name(7))).toBe(name(7));
  expect(await shard()).toBe(name(7));
  const gateway = lifeOf(newStub());
  expect(await gateway("gateway")).toBe("gateway");
  expect(await gateway()).toBe("gateway");
});
