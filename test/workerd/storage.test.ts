/** What is true of a Durable Object's storage alone. The limit of a row is not held in tests, so it is looked at. */
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { newEvent } from "../suites/broker/events.ts";
import { createFakeClock } from "../suites/broker/fake-clock.ts";
import { DEFAULT_LIMITS } from "../suites/broker/harness.ts";
import { newStub, openInside } from "./store.ts";

/** https://developers.cloudflare.com/durable-objects/platform/limits/ */
const ROW_BYTES = 2_000_000;

it("keeps an event of several megabytes in rows that the platform takes, and lets go of all of them", async () => {
  const { now, advance } = createFakeClock();
  const stub = newStub();
  const broker = await openInside(stub, { ...DEFAULT_LIMITS, clock: now });
  const query = (sql: string) => runInDurableObject(stub, (_, { storage }) => storage.sql.exec(sql).toArray());
  const large = newEvent({ id: "large", data: JSON.stringify("0123456789".repeat(500_000)) });

  await broker.append({ events: [newEvent("small"), large] });
  const rows = await query("SELECT length(bytes) AS n FROM events UNION ALL SELECT length(bytes) FROM event_parts");
  expect(rows).toHaveLength(4);
  expect(Math.max(...rows.map(({ n }) => Number(n)))).toBeLessThan(ROW_BYTES);

  advance(DEFAULT_LIMITS.retentionMs + 1);
  expect(await broker.purge()).toEqual({ events: 2, deadLetters: 0, more: false });
  expect(await query("SELECT count(*) AS n FROM event_parts")).toEqual([{ n: 0 }]);
  expect(await broker.stats()).toMatchObject({ events: 0, bytes: 0 });
});

it("gives the leases of an earlier life back", async () => {
  const options = { ...DEFAULT_LIMITS, clock: Date.now };
  const stub = newStub();
  const before = await openInside(stub, options);
  await before.ensureSubscription({ subscription: "crm", start: "earliest" });
  await before.append({ events: [newEvent("a")] });
  const claim = { subscription: "crm", filters: [], limit: 10, leaseMs: 3_600_000, ordering: "none" } as const;
  expect((await before.claim(claim)).deliveries).toHaveLength(1);
  const after = await openInside(stub, options);
  expect((await after.claim(claim)).deliveries.map(({ attempt }) => attempt)).toEqual([2]);
});

it("is refused where a newer poolcast wrote it", async () => {
  const options = { ...DEFAULT_LIMITS, clock: Date.now };
  const stub = newStub();
  await openInside(stub, options);
  await runInDurableObject(stub, (_, { storage }) => storage.sql.exec("UPDATE poolcast_schema SET version = 99"));
  await expect(openInside(stub, options)).rejects.toMatchObject({ code: "broker_incompatible" });
});
