import { describe, expect, it } from "vitest";
import type { Filter } from "../../src/core/filter.ts";
import { append, claim, claimIds, DELIVERED, settle, subscribeAndAppend } from "../suites/broker/steps.ts";
import type { RedisStage } from "../support/redis-broker.ts";
import { onRedisStages } from "../support/redis-stage.ts";

let stage: RedisStage;
onRedisStages((fresh) => {
  stage = fresh;
});

const IDS = Array.from({ length: 40 }, (_, at) => `e${at}`);

/** Two claims of two: the second takes what the first read on, and reads on itself. */
async function readAhead(): Promise<void> {
  await subscribeAndAppend(stage.broker, ...IDS);
  expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e0", "e1"]);
  expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e2", "e3"]);
}

async function scriptsAndReads(): Promise<{ readonly scripts: number; readonly reads: number }> {
  const text = String(await stage.command("INFO", "commandstats"));
  const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text)?.[1] ?? 0);
  return { scripts: calls("evalsha"), reads: calls("xrange") };
}

describe("what the redis broker reads ahead", () => {
  it("makes a claim of a backlog one script", async () => {
    await readAhead();
    const before = await scriptsAndReads();
    for (let at = 4; at < 24; at += 2)
      expect(await claimIds(stage.broker, { limit: 2 })).toEqual(IDS.slice(at, at + 2));
    expect((await scriptsAndReads()).scripts - before.scripts).toBe(10);
  });

  it("is not handed out where another replica took it meanwhile", async () => {
    await readAhead();
    const other = stage.open();
    expect(await claimIds(other, { limit: 3 })).toEqual(["e4", "e5", "e6"]);
    expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e7", "e8"]);
    expect(await claimIds(other, { limit: 100 })).toEqual(IDS.slice(9));
    const { deliveries, more } = await claim(stage.broker, { limit: 2 });
    expect({ deliveries, more }).toEqual({ deliveries: [], more: false });
  });

  it("is read again where the filters are others", async () => {
    await readAhead();
    const filters: Filter[] = [{ suffix: { id: "7" } }];
    expect(await claimIds(stage.broker, { limit: 2, filters })).toEqual(["e7", "e17"]);
  });

  it("is read again after a second, since somebody may have removed it", async () => {
    await readAhead();
    for (const entry of Object.values(Object(await stage.command("XRANGE", stage.stream, "-", "+")))) {
      const [id, [, body]] = Object(entry);
      if (String(body).includes('"e4"')) await stage.command("XDEL", stage.stream, id);
    }
    await stage.advance(1001);
    expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e5", "e6"]);
  });

  it("is read again where its first was removed", async () => {
    await readAhead();
    await stage.command("XTRIM", stage.stream, "MAXLEN", 34);
    expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e6", "e7"]);
  });

  it("leaves room for what is due, and loses nothing of what found no room", async () => {
    await readAhead();
    const { deliveries } = await claim(stage.broker, { limit: 1 });
    await settle(stage.broker, deliveries, { kind: "release" });
    expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e4", "e5"]);
    expect(await claimIds(stage.broker, { limit: 2 })).toEqual(["e6", "e7"]);
  });

  it("is not all there is where more was appended since", async () => {
    await subscribeAndAppend(stage.broker, "a", "b", "c");
    expect(await claimIds(stage.broker, { limit: 1 })).toEqual(["a"]);
    const { deliveries } = await claim(stage.broker, { limit: 1 });
    await settle(stage.broker, deliveries, DELIVERED);
    await append(stage.broker, "d");
    expect(await claimIds(stage.broker, { limit: 9 })).toEqual(["c", "d"]);
  });

  it("begins anew where the group was set back", async () => {
    await readAhead();
    await stage.command("XGROUP", "SETID", stage.stream, "default.crm", "0");
    expect((await claimIds(stage.broker, { limit: 100 })).slice(-36)).toEqual(IDS.slice(4));
  });
});
