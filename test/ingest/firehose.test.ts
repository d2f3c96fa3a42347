import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFirehoseRequest, streamEnvelope, unwrapFirehose } from "../../src/ingest/firehose.ts";
import {
  activityLog,
  base64,
  CONTROL_MESSAGE,
  gzipMembers,
  logsPayload,
  records,
  STREAM_ARN,
  snsEnvelope,
} from "../support/firehose.ts";
import { eventBridgeEvent } from "../support/records.ts";

const STREAM = { region: "eu-central-1", account: "210987654321" };

async function unwrapAll(data: readonly unknown[]) {
  const result = await unwrapFirehose(
    data.map((one) => ({ data: one })),
    STREAM,
    { left: 64 * 1024 ** 2 },
  );
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** What a record of Firehose holds, as names of kinds, reasons and eventIDs. */
async function look(...data: readonly (string | Uint8Array)[]) {
  const found = await unwrapAll(data.map(base64));
  return found.map((one) => {
    if (one.kind === "ignored") return one.reason;
    return one.kind === "record" ? Object(one.record).eventID : one.kind;
  });
}

const [one = {}, two = {}, three = {}] = records(3);
const text = (value: unknown) => JSON.stringify(value);
const ids = [one.eventID, two.eventID];

describe("what a record of Firehose may hold", () => {
  it.each([
    ["gzip of CloudWatch Logs data", gzipSync(logsPayload([one, two])), ids],
    ["gzip of several members", gzipMembers(logsPayload([one]), logsPayload([two])), ids],
    ["gzip of members that cut a value in two", gzipMembers(text(one).slice(0, 99), text(one).slice(99)), [ids[0]]],
    ["a control message", gzipSync(CONTROL_MESSAGE), ["control_message"]],
    [
      "decompressed data, one behind the other",
      logsPayload([one]) + CONTROL_MESSAGE + logsPayload([two]),
      [ids[0], "control_message", ids[1]],
    ],
    ["extracted messages", `${text(one)}\n${text(two)}\n`, ids],
    ["an EventBridge event", text(eventBridgeEvent(one)), [ids[0]]],
    ["EventBridge events without anything between", text(eventBridgeEvent(one)) + text(eventBridgeEvent(two)), ids],
    ["an SNS envelope", snsEnvelope(eventBridgeEvent(one)), [ids[0]]],
    [
      "SNS envelopes around other things",
      snsEnvelope(two) + snsEnvelope(logsPayload([one])) + snsEnvelope("hello"),
      [ids[1], ids[0], "not_a_record"],
    ],
    ["activity logs", `${text(activityLog())}\n${text(activityLog())}\n`, ["log", "log"]],
    ["an activity log in CloudWatch Logs data", gzipSync(logsPayload([activityLog()])), ["log"]],
    ["a log file of CloudTrail", text({ Records: [one, two] }), ids],
    ["a list, as a transforming function may make it", text([one, JSON.parse(logsPayload([two]))]), ids],
    ["nothing", "", []],
    ["nothing but a line break", "\n", []],
    ["gzip of nothing", gzipSync(""), []],
    ["other text", "hello", ["invalid_json"]],
    ["bytes", new Uint8Array([0, 255, 254]), ["invalid_json"]],
    ["gzip that is none", new Uint8Array([0x1f, 0x8b, 1]), ["invalid_gzip"]],
  ])("takes %s", async (_name, data, expected) => {
    expect(await look(data)).toEqual(expected);
  });

  it("goes on behind a record that cannot be read", async () => {
    const good = base64(text(one));
    const found = await unwrapAll([good, "***", good, 7, good, { messageType: "DATA_MESSAGE" }, good]);
    expect(found.filter(({ kind }) => kind === "record")).toHaveLength(4);
    expect(found.filter((item) => item.kind === "ignored" && item.reason === "invalid_base64")).toHaveLength(3);
  });

  it("gives activity logs the account and region of the stream, or of the log group's owner", async () => {
    const found = await unwrapAll([base64(text(activityLog())), base64(logsPayload([activityLog()]))]);
    expect(found).toMatchObject([{ envelope: STREAM }, { envelope: { ...STREAM, account: "333322221111" } }]);
  });

  it("is found whole, in order, in any mixture", async () => {
    const source = fc.constantFrom(
      (some: readonly object[]) => gzipSync(logsPayload(some)),
      (some: readonly object[]) => gzipMembers(...some.map((record) => logsPayload([record]))),
      (some: readonly object[]) => some.map((record) => logsPayload([record])).join(""),
      (some: readonly object[]) => some.map((record) => `${text(record)}\n`).join(""),
      (some: readonly object[]) => some.map((record) => text({ ...eventBridgeEvent(), detail: record })).join(""),
      (some: readonly object[]) => some.map(snsEnvelope).join(""),
      (some: readonly object[]) => text({ Records: some }),
    );
    const good = fc.tuple(source, fc.integer({ min: 1, max: 4 })).map(([write, count]) => {
      const some = records(count);
      return { data: write(some), ids: some.map(({ eventID }) => eventID) };
    });
    const bad = fc.constantFrom(
      "",
      "{",
      '{"a":"',
      gzipSync("{").subarray(3),
      gzipSync("x").subarray(0, 15),
      CONTROL_MESSAGE,
    );
    const item = fc.oneof(
      { weight: 3, arbitrary: good },
      { weight: 1, arbitrary: bad.map((data) => ({ data, ids: [] })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 8 }), async (items) => {
        const found = await unwrapAll(items.map(({ data }) => base64(data)));
        const seen = found.flatMap((record) => (record.kind === "record" ? [Object(record.record).eventID] : []));
        expect(seen).toEqual(items.flatMap((record) => record.ids));
      }),
    );
  });

  it("may be a bomb", async () => {
    const bomb = { data: base64(gzipSync(Buffer.alloc(32 * 1024 ** 2))) };
    const result = await unwrapFirehose([{ data: base64(text(three)) }, bomb], {}, { left: 64 * 1024 ** 2 });
    expect(result).toEqual({ ok: false, error: "bomb" });
  });
});

describe("parseFirehoseRequest", () => {
  it.each([
    ["{", "invalid_json"],
    ["[]", "not_a_firehose_request"],
    ["null", "not_a_firehose_request"],
    ['{"requestId":"r"}', "not_a_firehose_request"],
    ['{"records":[]}', "not_a_firehose_request"],
    ['{"requestId":7,"records":[]}', "not_a_firehose_request"],
    ['{"requestId":"r","records":{}}', "not_a_firehose_request"],
    [text({ requestId: "r".repeat(1025), records: [] }), "not_a_firehose_request"],
    [text({ requestId: "r", records: Array(10_001).fill({ data: "" }) }), "too_many_records"],
  ])("refuses %.60s", (body, error) => {
    expect(parseFirehoseRequest(body)).toEqual({ ok: false, error });
  });
});

describe("streamEnvelope", () => {
  it("reads the ARN of a stream and nothing else", () => {
    expect(streamEnvelope(STREAM_ARN)).toEqual(STREAM);
    expect(["", "x", "arn:aws:sns:eu-central-1:210987654321:t", null].map(streamEnvelope)).toEqual([{}, {}, {}, {}]);
  });
});
