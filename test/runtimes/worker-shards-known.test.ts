/** What an isolate knows of the shards, by an object that counts what it is asked. */
import { expect, it } from "vitest";
import { createShards } from "../../src/runtimes/worker-shards.ts";

const name = (account: number) => `${String(account).padStart(12, "0")}.us-west-2`;

function open(admits: (one: string) => boolean) {
  const asked: (readonly string[])[] = [];
  const gateway = {
    async admit(names: readonly string[]) {
      asked.push(names);
      return names.filter(admits);
    },
  };
  return { asked, shards: createShards({ GATEWAY: { getByName: () => gateway } }, () => {}) };
}

it("asks once for each name, and remembers both answers", async () => {
  const { asked, shards } = open((one) => one === name(1));
  const both = await shards.admit([name(1), name(2)]);
  expect(await shards.admit([name(2), name(1), name(3)])).toEqual(both);
  expect(asked).toEqual([[name(1), name(2)], [name(3)]]);
});

it("gives the same answer for a name that many new ones come along with", async () => {
  const { shards } = open((one) => one === name(1));
  const before = await shards.admit([name(1)]);
  const many = Array.from({ length: 10_001 }, (_, at) => name(at + 2));
  expect(await shards.admit([name(1), ...many])).toEqual(before);
});
