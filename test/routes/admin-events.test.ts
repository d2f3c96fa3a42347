import { describe, expect, it } from "vitest";
import type { Broker } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { newEvent } from "../suites/broker/events.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";

interface Page {
  readonly events: readonly {
    readonly position: string;
    readonly recordedAt: string;
    readonly event: { id: string };
  }[];
  readonly next: string;
  readonly more: boolean;
}

const START_MS = Date.parse("2026-05-04T07:00:00Z");
const MINUTE_MS = 60_000;

/** A gateway over a log whose clock is moved by hand. */
async function open() {
  let nowMs = START_MS;
  const limits = { dedupeWindowMs: 1, retentionMs: 1, deadRetentionMs: 1, maxBytes: 64 * 1024 ** 2 };
  const broker = createMemoryBroker({ clock: () => nowMs, ...limits });
  const { request } = await openTestGateway("", { broker });
  const append = (...ids: string[]) =>
    broker.append({ events: ids.map((id) => newEvent({ id, type: id.startsWith("x") ? "other.type" : "test.type" })) });
  return { broker, request, append, advance: (ms: number) => (nowMs += ms) };
}

async function read(request: TestGateway["request"], query = ""): Promise<Page> {
  const response = await request(`/api/events${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

function idsOf({ events }: Page): readonly string[] {
  return events.map(({ event }) => event.id);
}

describe("GET /api/events", () => {
  it("begins at the end, and goes on from there without a gap or a repetition", async () => {
    const { request, append } = await open();
    await append("a", "b");
    const now = await read(request);
    expect(now).toEqual({ events: [], next: expect.any(String), more: false });
    await append("c", "d");
    const page = await read(request, `?after=${now.next}`);
    expect(page).toMatchObject({ more: false, next: page.events[1]?.position });
    expect(page.events).toMatchObject([
      { recordedAt: "2026-05-04T07:00:00.000Z", event: { specversion: "1.0", id: "c", type: "test.type", data: {} } },
      { event: { id: "d" } },
    ]);
    expect(await read(request, `?after=${page.next}`)).toEqual({ events: [], next: page.next, more: false });
    await append("e");
    expect(idsOf(await read(request, `?after=${page.next}`))).toEqual(["e"]);
  });

  it("shows what was recorded since a time, page by page, and then goes on", async () => {
    const { request, append, advance } = await open();
    await append("a", "b");
    advance(MINUTE_MS);
    const since = new Date(START_MS + MINUTE_MS).toISOString();
    await append("c", "d", "e");
    const first = await read(request, `?since=${since}&limit=2`);
    expect([idsOf(first), first.more]).toEqual([["c", "d"], true]);
    const second = await read(request, `?since=${since}&limit=2&after=${first.next}`);
    expect([idsOf(second), second.more]).toEqual([["e"], false]);
    const later = new Date(START_MS + 2 * MINUTE_MS).toISOString();
    const none = await read(request, `?since=${later}`);
    expect(none).toEqual({ events: [], next: second.next, more: false });
    // What is older than asked for was looked at, and does not come after all.
    expect(idsOf(await read(request, `?after=${none.next}`))).toEqual([]);
  });

  it("shows the types that begin so, and says where to go on behind the others", async () => {
    const { request, append } = await open();
    await append("a", "x1", "x2", "b", "x3");
    const page = await read(request, "?after=0&type=other.&limit=2");
    expect([idsOf(page), page.more]).toEqual([["x1"], true]);
    expect(idsOf(await read(request, `?after=${page.next}&type=other.`))).toEqual(["x2", "x3"]);
    expect(idsOf(await read(request, "?after=0&type=nothing&type=test.t"))).toEqual(["a", "b"]);
    expect(await read(request, "?after=0&type=nothing")).toEqual({ events: [], next: "5", more: false });
  });

  it("leaves for the next page what is appended while one is read", async () => {
    const { broker, append } = await open();
    await append("a");
    const disturbed: Broker = {
      ...broker,
      async lastPosition() {
        const last = await broker.lastPosition();
        await append("meanwhile");
        return last;
      },
    };
    const { request } = await openTestGateway("", { broker: disturbed });
    const page = await read(request, "?after=0");
    expect(idsOf(page)).toEqual(["a"]);
    expect(idsOf(await read(request, `?after=${page.next}`))).toEqual(["meanwhile"]);
  });

  it("begins anew where the log did, and waits where a stream's ids will be greater anyway", async () => {
    const { broker, request, append } = await open();
    await append("a", "b");
    expect(idsOf(await read(request, "?after=7000"))).toEqual(["a", "b"]);
    const stream: Broker = {
      ...broker,
      capabilities: { ...broker.capabilities, positions: "stream_id" },
      lastPosition: async () => "1777878000000-3",
    };
    const over = await openTestGateway("", { broker: stream });
    expect(await read(over.request, "?after=1777878000001-0")).toEqual({
      events: [],
      next: "1777878000001-0",
      more: false,
    });
  });

  it("refuses what it cannot take", async () => {
    const { request } = await open();
    const many = Array(51).fill("type=a").join("&");
    for (const query of ["limit=0", "limit=501", "limit=x", "after=1-1", "after=", "since=noon", "type=", many]) {
      const response = await request(`/api/events?${query}`);
      expect([response.status, (await response.json()).code], query).toEqual([400, "invalid_request"]);
    }
    const posted = await request("/api/events", { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const page = await request("/api/events", { headers: { origin: "https://elsewhere.example" } });
    expect(page.status).toBe(403);
  });
});
