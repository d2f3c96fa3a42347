import { CloudEvent, HTTP } from "cloudevents";
import { describe, expect, it } from "vitest";
import { openTestGateway, post } from "../support/test-gateway.ts";

const REQUIRED = { "ce-specversion": "1.0", "ce-id": "a1", "ce-source": "/shop", "ce-type": "com.example.order" };
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const BATCH = { "content-type": "application/cloudevents-batch+json" };

async function take(body: BodyInit, headers: Record<string, string>) {
  const gateway = await openTestGateway();
  const response = await gateway.request("/ingest/events", post(body, headers));
  const answer: unknown = await response.json();
  const committed = (await gateway.committed()).map(({ json }) => JSON.parse(json));
  return { status: response.status, answer, committed, gateway };
}

describe("POST /ingest/events", () => {
  it.each(["binary", "structured"] as const)(
    "takes what the cloudevents package sends in %s mode, adding recordedtime only",
    async (mode) => {
      const sent = new CloudEvent({
        id: "a1",
        source: "/shop",
        type: "com.example.order",
        subject: "order/7",
        tenant: "blue",
        data: { total: 12.5 },
      });
      const { headers, body } = HTTP[mode](sent);
      const { status, answer, committed } = await take(String(body), headers as Record<string, string>);
      expect([status, answer]).toEqual([202, { accepted: 1, duplicates: 0, ignored: 0 }]);
      const { recordedtime, datacontenttype, ...event } = committed[0];
      expect(Date.parse(recordedtime)).toBeGreaterThan(Date.now() - 10_000);
      expect(datacontenttype ?? "application/json").toMatch(/^application\/json/);
      expect(event).toEqual({
        specversion: "1.0",
        id: "a1",
        source: "/shop",
        type: "com.example.order",
        subject: "order/7",
        tenant: "blue",
        time: sent.time,
        data: { total: 12.5 },
      });
    },
  );

  it("decodes percent-encoded and quoted header values, one round", async () => {
    const { committed } = await take("{}", {
      ...REQUIRED,
      "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80",
      "ce-note": '"a \\"b\\" %2525"',
    });
    expect(committed[0]).toMatchObject({ subject: "Euro € 😀", note: 'a "b" %25' });
  });

  it("keeps the data byte for byte", async () => {
    const data = '{ "big": 12345678901234567890, "twice": 1, "twice": 2,\n "text": "\\u00e9" }';
    const structured = `{"data": ${data} , "specversion":"1.0","id":"a1","source":"/s","type":"t"}`;
    for (const [body, headers] of [
      [data, REQUIRED],
      [structured, STRUCTURED],
    ] as const) {
      const gateway = await openTestGateway();
      await gateway.request("/ingest/events", post(body, headers));
      expect((await gateway.committed())[0]?.json).toContain(`,"data":${data}}`);
    }
  });

  it("keeps text as text and other bytes as base64", async () => {
    const text = await take("héllo", { ...REQUIRED, "content-type": "text/plain" });
    expect(text.committed[0]).toMatchObject({ datacontenttype: "text/plain", data: "héllo" });
    const bytes = await take(new Uint8Array([0, 255, 1]) as BodyInit, { ...REQUIRED, "content-type": "image/png" });
    expect(bytes.committed[0]).toMatchObject({ data_base64: "AP8B" });
    const none = await take("", REQUIRED);
    expect(none.committed[0]).not.toHaveProperty("data");
  });

  it("takes a batch, and names the invalid events between the valid ones", async () => {
    const good = (id: string) => ({ specversion: "1.0", id, source: "/s", type: "t", data: [id] });
    const events = [
      good("1"),
      { ...good("2"), specversion: "0.3" },
      7,
      { ...good("3"), id: "" },
      { ...good("4"), Bad: "x" },
      good("5"),
      good("1"),
    ];
    const { status, answer, committed } = await take(JSON.stringify(events), BATCH);
    expect([status, answer]).toEqual([
      202,
      {
        accepted: 2,
        duplicates: 1,
        ignored: 0,
        rejected: [
          { index: 1, code: "unsupported_specversion" },
          { index: 2, code: "not_a_cloudevent" },
          { index: 3, code: "invalid_attribute_value" },
          { index: 4, code: "invalid_attribute_name" },
        ],
      },
    ]);
    expect(committed.map(({ id }) => id)).toEqual(["1", "5"]);
  });

  it("tells events by source and id", async () => {
    const event = (source: string) => ({ specversion: "1.0", id: "1", source, type: "t" });
    const { answer } = await take(JSON.stringify([event("/a"), event("/b"), event("/a")]), BATCH);
    expect(answer).toEqual({ accepted: 2, duplicates: 1, ignored: 0 });
  });

  it.each([
    ["no JSON", "{", STRUCTURED, "invalid_json"],
    ["a list in structured mode", "[]", STRUCTURED, "not_a_cloudevent"],
    ["an object in batch mode", "{}", BATCH, "not_a_cloudevent"],
    ["an XML event", "<e/>", { "content-type": "application/cloudevents+xml" }, "not_a_cloudevent"],
    ["no attributes at all", "{}", {}, "invalid_cloudevent"],
    ["an older version", "{}", { ...REQUIRED, "ce-specversion": "0.3" }, "invalid_cloudevent"],
    ["no id", "{}", { ...REQUIRED, "ce-id": "" }, "invalid_cloudevent"],
    ["a time that is none", "{}", { ...REQUIRED, "ce-time": "yesterday" }, "invalid_cloudevent"],
    ["JSON data that is none", "{", REQUIRED, "invalid_cloudevent"],
    ["a header that is no UTF-8", "{}", { ...REQUIRED, "ce-subject": "%C0%A0" }, "invalid_cloudevent"],
    ["a control character", "{}", { ...REQUIRED, "ce-subject": "a%0D%0Ab" }, "invalid_cloudevent"],
    [
      "an attribute that is an object",
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","x":{}}',
      STRUCTURED,
      "invalid_cloudevent",
    ],
    [
      "data twice",
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"AA=="}',
      STRUCTURED,
      "invalid_cloudevent",
    ],
  ])("answers 400 to a single event with %s", async (_name, body, headers, code) => {
    const { status, answer, committed } = await take(body, headers as Record<string, string>);
    expect([status, answer, committed]).toMatchObject([400, { code }, []]);
  });

  it("answers the handshake of the webhook specification", async () => {
    const gateway = await openTestGateway();
    const response = await gateway.request("/ingest/events", {
      method: "OPTIONS",
      headers: { "webhook-request-origin": "eventemitter.example.com" },
    });
    expect([
      response.status,
      response.headers.get("webhook-allowed-origin"),
      response.headers.get("webhook-allowed-rate"),
    ]).toEqual([200, "eventemitter.example.com", "*"]);
    expect(response.headers.get("allow")).toContain("POST");
  });
});
