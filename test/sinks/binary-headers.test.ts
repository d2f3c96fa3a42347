import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binaryHeaders, encodeHeaderValue } from "../../src/sinks/binary-headers.ts";

const ATTRIBUTES = { specversion: "1.0", id: "1", source: "/s", type: "t" } as const;

describe("encodeHeaderValue", () => {
  it("encodes the specification's example as the specification does", () => {
    expect(encodeHeaderValue("Euro € 😀")).toBe("Euro%20%E2%82%AC%20%F0%9F%98%80");
  });

  it.each([
    ["", ""],
    ["plain/Text-1.0_~", "plain/Text-1.0_~"],
    ["!#$&'()*+,-./:;<=>?@[\\]^_`{|}~", "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"],
    [" ", "%20"],
    ['"', "%22"],
    ["%", "%25"],
    ["%20", "%2520"],
    ['say "hi"', "say%20%22hi%22"],
    ["a\r\nset-cookie: x", "a%0D%0Aset-cookie:%20x"],
    ["\u0000\t\u007f", "%00%09%7F"],
    ["é", "%C3%A9"],
    ["\u00a0", "%C2%A0"],
    ["\ufeff", "%EF%BB%BF"],
  ])("encodes %j as %s", (text, encoded) => {
    expect(encodeHeaderValue(text)).toBe(encoded);
  });

  it("leaves a character alone exactly where it is from 0x21 to 0x7e and neither quote nor percent", () => {
    for (let code = 0; code < 0x3000; code++) {
      const character = String.fromCharCode(code);
      const plain = code >= 0x21 && code <= 0x7e && character !== '"' && character !== "%";
      const percent = Array.from(Buffer.from(character), (byte) => `%${Buffer.of(byte).toString("hex").toUpperCase()}`);
      expect(encodeHeaderValue(character)).toBe(plain ? character : percent.join(""));
    }
  });

  it("can be decoded to what it was, and is made of characters that any header can hold", () => {
    const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(text, (value) => {
        const encoded = encodeHeaderValue(value);
        expect(encoded).toMatch(/^[!#-~]*$/);
        expect(decodeURIComponent(encoded)).toBe(value.toWellFormed());
      }),
      { numRuns: 2000 },
    );
  });
});

describe("binaryHeaders", () => {
  it("writes each attribute as a ce- header, and the content type as itself", () => {
    const attributes = {
      ...ATTRIBUTES,
      subject: "user/Ünal",
      datacontenttype: 'text/plain; charset="utf-8"',
      attempt: 3,
      test: false,
      empty: "",
      absent: undefined,
    };
    expect(binaryHeaders(attributes)).toEqual({
      "ce-specversion": "1.0",
      "ce-id": "1",
      "ce-source": "/s",
      "ce-type": "t",
      "ce-subject": "user/%C3%9Cnal",
      "content-type": 'text/plain; charset="utf-8"',
      "ce-attempt": "3",
      "ce-test": "false",
      "ce-empty": "",
    });
  });

  it("has no content type where the event has none", () => {
    expect(Object.keys(binaryHeaders(ATTRIBUTES))).toEqual(["ce-specversion", "ce-id", "ce-source", "ce-type"]);
  });
});
