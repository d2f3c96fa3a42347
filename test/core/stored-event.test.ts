import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DataKind, dataBytes, type EventAttributes, encodeBase64, encodeEvent } from "../../src/core/event.ts";
import { readStoredEvent } from "../../src/core/stored-event.ts";
import { isReadReliably } from "../support/misread-keys.ts";

const ATTRIBUTES: EventAttributes = { specversion: "1.0", id: "1", source: "/s", type: "t" };
const HEAD = '{"specversion":"1.0","id":"1","source":"/s","type":"t"';

function read(text: string) {
  return readStoredEvent(new TextEncoder().encode(text));
}

function dataOf(text: string): string {
  const result = read(text);
  if (!result.ok) throw new Error(result.error);
  return new TextDecoder().decode(dataBytes(result.value.event));
}

describe("readStoredEvent", () => {
  it("finds again what encodeEvent wrote, to the byte", () => {
    const data = fc.oneof(
      fc.record({ kind: fc.constant<DataKind>("none"), text: fc.constant("") }),
      fc.record({ kind: fc.constant<DataKind>("json"), text: fc.json() }),
      fc.record({
        kind: fc.constant<DataKind>("text"),
        text: fc.string({ unit: "binary" }).map((s) => JSON.stringify(s)),
      }),
      fc.record({
        kind: fc.constant<DataKind>("base64"),
        text: fc.uint8Array().map((bytes) => JSON.stringify(encodeBase64(bytes))),
      }),
    );
    const text = fc.string({ unit: "binary", minLength: 1 }).map((value) => value.toWellFormed());
    const tricky = fc.constantFrom(',"data":', '"data":1', ',","data":', "\\", '\\"', ",", '",', "ü,");
    const value = fc.oneof(text, tricky, fc.integer(), fc.boolean());
    const extensions = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,8}$/), value, { maxKeys: 4 });
    fc.assert(
      fc.property(text, fc.oneof(text, tricky), extensions, data, (id, subject, more, { kind, text: json }) => {
        const { data: _, time: __, dataschema: ___, ...rest } = more;
        const datacontenttype = kind === "text" ? "text/plain" : "application/json";
        const attributes: EventAttributes = { ...rest, ...ATTRIBUTES, id, subject, datacontenttype };
        const event = encodeEvent(attributes, kind, json);
        fc.pre(isReadReliably(new TextDecoder().decode(event.bytes)));
        const result = readStoredEvent(event.bytes);
        if (!result.ok) throw new Error(result.error);
        expect(result.value.event).toEqual(event);
        expect(result.value.event.bytes).toBe(event.bytes);
        expect(result.value.attributes).toEqual(JSON.parse(JSON.stringify(attributes)));
      }),
    );
  });

  it("takes an event in any order and spacing, and keeps the text of its data", () => {
    const data = '{"n": 12345678901234567890, "data": 1, "data": 2}';
    for (const text of [
      `${HEAD},"data":${data}}`,
      `${HEAD},"data":${data} }`,
      `${HEAD},"data" : ${data},"extra":"x"}`,
      `{"data":${data},${HEAD.slice(1)}}`,
      ` ${HEAD},"data":${data}}`,
      `\ufeff${HEAD},"data":${data}}`,
      `${HEAD},"subject":null,"data":${data}}`,
    ]) {
      expect(dataOf(text).trim(), text).toBe(data);
    }
  });

  it("takes the last of two data members, as JSON.parse does", () => {
    expect(dataOf(`${HEAD},"data":1,"data":2}`)).toBe("2");
  });

  it("tells text from JSON by the content type", () => {
    expect(dataOf(`${HEAD},"datacontenttype":"text/plain","data":"x"}`)).toBe("x");
    expect(dataOf(`${HEAD},"datacontenttype":"application/cloudevents+json","data":"x"}`)).toBe('"x"');
    expect(dataOf(`${HEAD},"data":"x"}`)).toBe('"x"');
    expect(dataOf(`${HEAD},"data":null}`)).toBe("null");
    expect(dataOf(`${HEAD},"data_base64":"AQID"}`)).toBe("\u0001\u0002\u0003");
  });

  it("leaves members that are null out of the attributes", () => {
    const result = read(`${HEAD},"subject":null}`);
    expect(result.ok && result.value.attributes).toEqual(ATTRIBUTES);
    expect(result.ok && new TextDecoder().decode(result.value.event.bytes)).toBe(`${HEAD}}`);
  });

  it("takes what the specification would rather not have, where it can be sent", () => {
    const odd = { ...ATTRIBUTES, subject: "\u0000", partitionkey: "x".repeat(20_000), time: "yesterday", zero: 0.5 };
    const result = readStoredEvent(encodeEvent(odd, "none").bytes);
    expect(result.ok && result.value.attributes).toEqual(odd);
  });

  it.each([
    ["", "invalid_json"],
    ["null", "not_a_cloudevent"],
    ['"x"', "not_a_cloudevent"],
    ["[]", "not_a_cloudevent"],
    [`${HEAD}`, "invalid_json"],
    [`${HEAD},"data":}`, "invalid_json"],
    [`${HEAD},"data":1}}`, "invalid_json"],
    [`${HEAD},"data":1}{"data":2}`, "invalid_json"],
    [`${HEAD},"data":1,"data_base64":"AQID"}`, "invalid_data"],
    [`${HEAD},"data_base64":"A"}`, "invalid_data"],
    [`${HEAD},"data_base64":1}`, "invalid_data"],
    [`${HEAD},"x":{"data":1}}`, "invalid_attribute_value"],
    [`${HEAD},"x":["a","data"]}`, "invalid_attribute_value"],
    [`${HEAD},"X":1}`, "invalid_attribute_name"],
    [`${HEAD},"__proto__":"x"}`, "invalid_attribute_name"],
    [HEAD.replace("1.0", "0.3").concat("}"), "unsupported_specversion"],
    [HEAD.replace('"1.0"', "1").concat("}"), "unsupported_specversion"],
    [HEAD.replace('"id":"1",', "").concat("}"), "missing_attribute"],
    [HEAD.replace('"/s"', '""').concat("}"), "invalid_attribute_value"],
    [HEAD.replace('"/s"', "1").concat("}"), "invalid_attribute_value"],
  ])("refuses %s: %s", (text, fault) => {
    expect(read(text)).toEqual({ ok: false, error: fault });
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(readStoredEvent(Uint8Array.of(0x7b, 0xff, 0x7d))).toEqual({ ok: false, error: "invalid_utf8" });
  });
});
