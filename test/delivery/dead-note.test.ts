/** What a dead letter tells of its death. */
import { describe, expect, it } from "vitest";
import { type DataKind, dataBytes, decodeAttributes, type EncodedEvent, encodeEvent } from "../../src/core/event.ts";
import { withDeadNote, writeDeadNote } from "../../src/delivery/dead-note.ts";

const TARGET = "https://crm.example/hook?x=1";

function event(dataKind: DataKind, data?: string, more: Record<string, string> = {}): EncodedEvent {
  return encodeEvent({ specversion: "1.0", id: "e-1", source: "/s", type: "t", ...more }, dataKind, data);
}

function answer(status: number, body?: string | Uint8Array) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { kind: "answer", status, ...(bytes && { body: bytes }) } as const;
}

function attributesOf(note: string) {
  return decodeAttributes(withDeadNote(event("json", "{}"), note));
}

function dataOf(note: string): string {
  return Buffer.from(String(attributesOf(note).knativeerrordata), "base64").toString();
}

describe("the note of a dead letter", () => {
  it("names the target, the status and what the target said", () => {
    const note = writeDeadNote(TARGET, answer(422, 'no field "süb"\r\n'));
    expect(attributesOf(note)).toMatchObject({ knativeerrordest: TARGET, knativeerrorcode: 422 });
    expect(dataOf(note)).toBe('no field "süb"\r\n');
  });

  it("holds 1024 characters of base64 at most, whole ones, of a long answer and of one that is no text", () => {
    const bytes = Uint8Array.from({ length: 16_384 }, (_, at) => at % 256);
    const { knativeerrordata } = attributesOf(writeDeadNote(TARGET, answer(500, bytes)));
    expect(knativeerrordata).toHaveLength(1024);
    expect(Buffer.from(String(knativeerrordata), "base64")).toEqual(Buffer.from(bytes.subarray(0, 768)));
  });

  it("of an answer without a body has empty data", () => {
    expect(attributesOf(writeDeadNote(TARGET, answer(400)))).toMatchObject({ knativeerrordata: "" });
  });

  it.each([
    [{ kind: "timeout" }, "timeout"],
    [
      { kind: "failure", reason: "connection_failed", message: "connect ECONNREFUSED 10.1.2.3:80" },
      "connection_failed",
    ],
    [{ kind: "failure", reason: "unsendable", message: "no header can hold it" }, "unsendable"],
    [undefined, "max_age"],
  ] as const)("where there was no answer is that of Knative, and gives nothing away: %j", (result, word) => {
    const note = writeDeadNote(TARGET, result);
    expect(attributesOf(note).knativeerrorcode).toBe(500);
    expect(dataOf(note)).toBe(`dispatch error: ${word}`);
  });
});

describe("an event with a note", () => {
  it.each([
    ["json", '{ "a" : 1.0, "a": "ü😀" }'],
    ["text", '"plain \\u0007 text"'],
    ["base64", '"AAEC"'],
    ["none", undefined],
  ] as const)("keeps the bytes of its data: %s", (kind, data) => {
    const before = event(kind, data);
    const after = withDeadNote(before, writeDeadNote(TARGET, answer(422, "x")));
    expect(Buffer.from(dataBytes(after))).toEqual(Buffer.from(dataBytes(before)));
    expect(JSON.parse(new TextDecoder().decode(after.bytes))).toEqual({
      ...JSON.parse(new TextDecoder().decode(before.bytes)),
      knativeerrordest: TARGET,
      knativeerrorcode: 422,
      knativeerrordata: "eA==",
    });
  });

  it("has the attributes of its last death only", () => {
    const twice = event("json", "{}", { knativeerrordest: "https://old.example", knativeerrordata: "b2xk" });
    const { knativeerrordest, knativeerrordata } = decodeAttributes(
      withDeadNote(twice, writeDeadNote(TARGET, answer(400))),
    );
    expect([knativeerrordest, knativeerrordata]).toEqual([TARGET, ""]);
  });

  it("stays as it is where it cannot be read", () => {
    const damaged = { bytes: new TextEncoder().encode('{"id":'), dataOffset: 6, dataKind: "json" } as const;
    expect(withDeadNote(damaged, writeDeadNote(TARGET, answer(422)))).toBe(damaged);
  });
});
