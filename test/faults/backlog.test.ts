/**
 * A target is down and a hundred thousand events wait for it: that costs the gateway disk, and neither memory nor
 * readiness. With a million, and by the byte, it is measured in bench/.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect } from "vitest";
import { newEvent } from "../suites/broker/events.ts";
import { type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { itWhere } from "../support/only-where.ts";
import { cloudTrailRecord, postJson } from "../support/records.ts";
import { openTestSqliteBroker } from "../support/sqlite-broker.ts";
import { startAnsweringServer } from "../support/target-kit.ts";
import { waitUntil } from "../support/wait.ts";

const EVENTS = 100_000;
const DATA = JSON.stringify({ padding: "x".repeat(300) });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Resident now, in MiB. */
function residentMb({ pid }: GatewayProcess): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}

async function fill(path: string): Promise<void> {
  const broker = openTestSqliteBroker({ path, maxBytes: 1024 ** 3 });
  await broker.ensureSubscription({ subscription: "crm", start: "earliest" });
  for (let at = 0; at < EVENTS; at += 5000) {
    const events = Array.from({ length: 5000 }, (_, n) => newEvent({ id: `e${at + n}`, data: DATA }));
    await broker.append({ events });
  }
  await broker.close();
}

async function pendingOf({ url }: GatewayProcess): Promise<number> {
  const response = await fetch(`${url}/readyz`);
  const { subscriptions } = await response.json();
  expect(response.status).toBe(200);
  return subscriptions[0].pending;
}

describe("a target that is down, with a hundred thousand events that wait for it", { timeout: 90_000 }, () => {
  itWhere(process.platform === "linux", "memory is told by /proc")(
    "costs no memory and no readiness, is hardly asked, and gets all of it when it is back",
    async () => {
      let down = true;
      const sink = await startAnsweringServer((_, response) => response.writeHead(down ? 503 : 204).end());
      const place = makePlace();
      cleanups.push(sink.close, place.remove);
      const target = `target: { url: "${sink.url}/" }`;
      const config = (path: string) => `
broker: { kind: sqlite, path: "${path}" }
ingest: { cloudtrail: { apiKeys: [k] } }
subscriptions: { crm: { ${target}, delivery: { backoffDelay: PT0.2S, backoffMax: PT2S } } }
`;
      const post = ({ url }: GatewayProcess) =>
        postJson(`${url}/ingest/cloudtrail`, cloudTrailRecord(), { "x-api-key": "k" });

      /** After it has had something to do, and then the same again. */
      async function settledMb(gateway: GatewayProcess): Promise<number> {
        for (let n = 0; n < 50; n++) expect((await post(gateway)).status).toBe(202);
        const state = async () => (await (await fetch(`${gateway.url}/readyz`)).json()).subscriptions[0].state;
        await waitUntil(async () => (await state()) === "resting", "the target is left alone");
        return residentMb(gateway);
      }

      place.writeConfig(config("./empty.db"));
      const idle = await place.start();
      const idleMb = await settledMb(idle);
      await idle.kill("SIGKILL");

      await fill(join(place.directory, "full.db"));
      place.writeConfig(config("./full.db"));
      const askedBefore = sink.asked.length;
      const startMs = performance.now();
      const gateway = await place.start();
      const fullMb = await settledMb(gateway);
      // What /readyz tells may be a second old.
      await waitUntil(async () => (await pendingOf(gateway)) === EVENTS + 50, "all of it waits");
      // Tries of the first second, then probes.
      expect(sink.asked.length - askedBefore).toBeLessThan(100 + (performance.now() - startMs) / 100);
      expect(fullMb - idleMb).toBeLessThan(60);

      down = false;
      const backAt = sink.asked.length;
      await waitUntil(() => sink.asked.length - backAt > 2000, "thousands were delivered", 60_000);
      expect((await post(gateway)).status).toBe(202);
      await waitUntil(async () => (await pendingOf(gateway)) < EVENTS, "less of it waits");
      expect(residentMb(gateway) - idleMb).toBeLessThan(120);
    },
  );
});
