import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DataKind,
  dataBytes,
  decodeAttributes,
  decodeBase64,
  decodeType,
  type EncodedEvent,
  type EventAttributes,
  encodeBase64,
  encodeEvent,
} from "../../src/core/event.ts";
import { isReadReliably } from "../support/misread-keys.ts";

const ATTRIBUTES: EventAttributes = { specversion: "1.0", id: "1", source: "/s", type: "t" };

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** The member's value as it stands in the stored bytes, from `dataOffset` to the closing brace of the event. */
function storedData({ bytes, dataOffset }: EncodedEvent): string {
  return textOf(bytes.subarray(dataOffset, -1));
}

describe("encodeEvent", () => {
  it("writes structured JSON with the data as the last member, byte for byte as it came", () => {
    const data = '{ "n": 12345678901234567890, "a": 1, "a": 2 }';
    const event = encodeEvent(ATTRIBUTES, "json", data);
    expect(textOf(event.bytes)).toBe(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${data}}`);
    expect(storedData(event)).toBe(data);
    expect(textOf(dataBytes(event))).toBe(data);
  });

  it("writes text as a JSON string and gives it back as plain text", () => {
    const text = 'a "quoted" line\nand ü, 😀';
    const event = encodeEvent(ATTRIBUTES, "text", JSON.stringify(text));
    expect(JSON.parse(textOf(event.bytes))).toEqual({ ...ATTRIBUTES, data: text });
    expect(textOf(dataBytes(event))).toBe(text);
  });

  it("writes bytes as data_base64 and gives the bytes back", () => {
    const bytes = Uint8Array.from([0, 255, 128, 10, 13]);
    const event = encodeEvent(ATTRIBUTES, "base64", JSON.stringify(encodeBase64(bytes)));
    expect(JSON.parse(textOf(event.bytes))).toEqual({ ...ATTRIBUTES, data_base64: "AP+ACg0=" });
    expect(dataBytes(event)).toEqual(bytes);
  });

  it("writes no data member where there is no data", () => {
    for (const event of [encodeEvent(ATTRIBUTES, "none"), encodeEvent(ATTRIBUTES, "json")]) {
      expect(JSON.parse(textOf(event.bytes))).toEqual(ATTRIBUTES);
      expect(event).toMatchObject({ dataKind: "none", dataOffset: event.bytes.length });
      expect(dataBytes(event)).toEqual(new Uint8Array(0));
      expect(decodeAttributes(event)).toEqual(ATTRIBUTES);
    }
  });

  it.each(["null", "0", "false", '""', "[]", "{}"])("keeps the data %s apart from no data", (data) => {
    const event = encodeEvent(ATTRIBUTES, "json", data);
    expect(textOf(dataBytes(event))).toBe(data);
  });

  it("counts the offset in bytes, not in characters", () => {
    for (const subject of ["user/ünal", "user/€", "user/😀", "user/\u0080", 'user/"\\ü', "user/\ud800"]) {
      const event = encodeEvent({ ...ATTRIBUTES, subject }, "json", '{"x":"ü"}');
      expect(storedData(event)).toBe('{"x":"ü"}');
      expect(decodeAttributes(event).subject).toBe(subject);
    }
  });

  it("leaves out attributes that are undefined", () => {
    expect(textOf(encodeEvent({ ...ATTRIBUTES, subject: undefined }, "none").bytes)).not.toContain("subject");
  });

  it("is not led astray by attributes and data that look like JSON of their own", () => {
    const subject = '","data":{"x":1},"y":"';
    const event = encodeEvent({ ...ATTRIBUTES, subject }, "json", '{"data":{"data":1}}');
    expect(decodeAttributes(event)).toEqual({ ...ATTRIBUTES, subject });
    expect(textOf(dataBytes(event))).toBe('{"data":{"data":1}}');
  });
});

const attributeText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const attributes = fc.record({
  specversion: fc.constant("1.0" as const),
  id: attributeText,
  source: attributeText,
  type: attributeText,
  subject: fc.option(attributeText, { nil: undefined }),
  attempt: fc.option(fc.integer(), { nil: undefined }),
  test: fc.option(fc.boolean(), { nil: undefined }),
});
const spaces = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
const jsonText = fc
  .tuple(fc.json({ stringUnit: "binary" }), spaces)
  .map(([json, space]) => space + json)
  .filter(isReadReliably);

const payloads = fc.oneof(
  jsonText.map((data) => ({ dataKind: "json" as const, data, body: Buffer.from(data) })),
  fc.string({ unit: "grapheme" }).map((text) => ({
    dataKind: "text" as const,
    data: JSON.stringify(text),
    body: Buffer.from(text),
  })),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => ({
    dataKind: "base64" as const,
    data: JSON.stringify(Buffer.from(bytes).toString("base64")),
    body: Buffer.from(bytes),
  })),
  fc.constant({ dataKind: "none" as const, data: undefined, body: Buffer.alloc(0) }),
);

describe("any event", () => {
  it("comes back as it was encoded: attributes, kind, and the bytes of the data", () => {
    fc.assert(
      fc.property(attributes, payloads, (context, { dataKind, data, body }) => {
        const event = encodeEvent(context, dataKind, data);
        expect(event.dataKind).toBe<DataKind>(dataKind);
        expect(decodeAttributes(event)).toEqual(JSON.parse(JSON.stringify(context)));
        expect(Buffer.from(dataBytes(event))).toEqual(body);
      }),
      { numRuns: 500 },
    );
  });

  it("is one JSON object that holds the same to any JSON parser", () => {
    fc.assert(
      fc.property(attributes, payloads, (context, { dataKind, data }) => {
        const parsed: unknown = JSON.parse(textOf(encodeEvent(context, dataKind, data).bytes));
        const name = dataKind === "base64" ? "data_base64" : "data";
        const wanted = { ...JSON.parse(JSON.stringify(context)), ...(data && { [name]: JSON.parse(data) }) };
        expect(parsed).toEqual(wanted);
      }),
    );
  });
});

describe("decodeType", () => {
  const looksLikeIt = fc.constantFrom('"type":"x"', ',"type":"x', '\\","type":"x"', "type", '"', "\\", "a");

  it("is what all attributes say, whatever stands in them", () => {
    fc.assert(
      fc.property(looksLikeIt, looksLikeIt, attributes, payloads, (id, type, context, { dataKind, data }) => {
        const event = encodeEvent({ ...context, id, type, last: id }, dataKind, data);
        expect(decodeType(event)).toBe(decodeAttributes(event).type);
      }),
    );
    fc.assert(
      fc.property(attributes, (context) => {
        const event = encodeEvent(context, "none");
        expect(decodeType(event)).toBe(decodeAttributes(event).type);
      }),
    );
  });

  it("is found where the event was written with spaces", () => {
    const bytes = new TextEncoder().encode('{ "id" : "1", "type" : "a.b", "source": "/s", "specversion": "1.0" }');
    expect(decodeType({ bytes, dataOffset: bytes.length, dataKind: "none" })).toBe("a.b");
  });
});

describe("base64", () => {
  it("agrees with Node's, also for more bytes than one call can take as arguments", () => {
    const bytes = Uint8Array.from({ length: 1_000_003 }, (_, at) => (at * 31) & 0xff);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    expect(Buffer.compare(decodeBase64(encodeBase64(bytes)), bytes)).toBe(0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (some) => {
        expect(encodeBase64(some)).toBe(Buffer.from(some).toString("base64"));
        expect(decodeBase64(encodeBase64(some))).toEqual(some);
      }),
    );
  });

  it("throws for what is none", () => {
    for (const text of ["a", "€€€€", "ab=c", "whsec_abc"]) expect(() => decodeBase64(text)).toThrow();
  });
});
