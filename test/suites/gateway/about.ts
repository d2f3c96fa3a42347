/** Health, metrics, and what it has to say about its events and routes. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { cloudTrailRecord } from "../../support/records.ts";
import { waitUntil } from "../../support/wait.ts";
import { KEYS, type Stage } from "./stage.ts";

export function aboutTests(stage: Stage): void {
  it("is live and ready, and shows an operator what it works on", async () => {
    expect((await stage.get("/healthz")).status).toBe(200);
    const ready = await stage.getOwn("/readyz");
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      {
        status: "ready",
        broker: { writable: true, persistence: expect.any(String) },
        subscriptions: [{ subscription: "all", state: "running" }],
      },
    ]);
  });

  it("counts what it does", async () => {
    const delivered = async () => {
      const text = await (await stage.getOwn("/metrics")).text();
      return Number(/^poolcast_delivered_total\{subscription="all"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const before = await delivered();
    const id = randomUUID();
    await stage.post("/ingest/eventbridge", cloudTrailRecord(id), KEYS.eventbridge);
    await stage.delivered(id);
    await waitUntil(async () => (await delivered()) > before, "it was counted");
  });

  it("shows an operator what is stored, from a position on", async () => {
    const read = async (query: string) => (await stage.getOwn(`/api/events${query}`)).json();
    const { next } = await read("");
    const ids = [randomUUID(), randomUUID()];
    for (const id of ids) await stage.post("/ingest/eventbridge", cloudTrailRecord(id), KEYS.eventbridge);
    const page = await read(`?after=${next}&type=com.amazon.cognito-idp.`);
    expect(page).toMatchObject({ more: false, events: ids.map((id) => ({ event: { id, data: expect.any(Object) } })) });
    expect(await read(`?after=${page.next}`)).toMatchObject({ events: [] });
  });

  it("has a schema and an example for each of its types", async () => {
    const { types } = await (await stage.get("/types")).json();
    expect(types.length).toBeGreaterThan(300);
    for (const { type, description, schema, example } of types) {
      expect([type, typeof description, example.type]).toEqual([type, "string", type]);
      expect(schema).toContain(`/schemas/${type}`);
    }
    const first = await stage.get(`/schemas/${types[0].type}`);
    expect([first.status, await first.json()]).toMatchObject([200, { type: "object", required: expect.any(Array) }]);
    expect((await stage.get("/schemas/com.example.unknown")).status).toBe(404);
  });

  it("describes its routes", async () => {
    const { openapi, paths } = await (await stage.get("/openapi.json")).json();
    expect(openapi).toMatch(/^3\.1\./);
    const roads = ["eventbridge", "sns", "firehose", "cloudtrail", "cognito", "events"];
    for (const road of roads) expect(paths).toHaveProperty([`/ingest/${road}`, "post"]);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/healthz", "/readyz", "/metrics", "/types", "/api/subscriptions", "/api/events"]),
    );
  });
}
