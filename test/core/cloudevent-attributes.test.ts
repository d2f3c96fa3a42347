import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttributeFault, checkAttributes } from "../../src/core/cloudevent-attributes.ts";

const MINIMAL = { specversion: "1.0", id: "1", source: "/s", type: "t" };

function check(changes: Readonly<Record<string, unknown>>): ReturnType<typeof checkAttributes> {
  return checkAttributes(Object.entries({ ...MINIMAL, ...changes }));
}

function faultOf(changes: Readonly<Record<string, unknown>>): AttributeFault | undefined {
  const checked = check(changes);
  return checked.ok ? undefined : checked.error;
}

describe("checkAttributes", () => {
  it("hands on what is right, unchanged", () => {
    const attributes = {
      ...MINIMAL,
      subject: "user/ünal 😀",
      time: "2026-05-04T12:00:07.123456789Z",
      datacontenttype: "application/json; charset=utf-8",
      dataschema: "https://example.com/schemas/t",
      comexampleextension1: "",
      yes: true,
      least: -(2 ** 31),
      most: 2 ** 31 - 1,
      constructor: "acme",
    };
    expect(check(attributes)).toEqual({ ok: true, value: attributes });
  });

  it("takes null and undefined for absent, but not in the required ones", () => {
    expect(check({ subject: null, time: undefined })).toEqual({ ok: true, value: MINIMAL });
    expect(faultOf({ id: null })).toBe("missing_attribute");
  });

  it.each(["specversion", "id", "source", "type"])("misses %s", (name) => {
    expect(faultOf({ [name]: undefined })).toBe("missing_attribute");
  });

  it.each(["id", "source", "type", "subject", "time", "datacontenttype", "dataschema"])("wants text in %s", (name) => {
    for (const value of ["", 1, true]) expect(faultOf({ [name]: value })).toBe("invalid_attribute_value");
  });

  it.each(["0.3", "1.0.2", "2.0", "1", "", 1])("does not know specversion %j", (specversion) => {
    expect(faultOf({ specversion })).toBe("unsupported_specversion");
  });

  it.each([
    ["capitals", "Subject"],
    ["an underscore", "my_extension"],
    ["a hyphen", "my-extension"],
    ["a full stop", "my.extension"],
    ["a space", "my extension"],
    ["no letter at all", ""],
    ["letters outside of ASCII", "größe"],
    ["more than 64 letters", "a".repeat(65)],
    ["the name of the data", "data"],
    ["the name of the data, encoded", "data_base64"],
    ["a line break at its end", "subject\n"],
  ])("refuses a name with %s", (_, name) => {
    expect(faultOf({ [name]: "x" })).toBe("invalid_attribute_name");
  });

  it("refuses the name __proto__ and hands out a plain object", () => {
    expect(checkAttributes([...Object.entries(MINIMAL), ["__proto__", "x"]])).toMatchObject({
      error: "invalid_attribute_name",
    });
    const checked = check({});
    expect(checked.ok && Object.getPrototypeOf(checked.value)).toBe(Object.prototype);
  });

  it.each([
    ["a list", []],
    ["an object", {}],
    ["a fraction", 1.5],
    ["a number beyond 32 bits", 2 ** 31],
    ["a number below 32 bits", -(2 ** 31) - 1],
    ["no number", Number.NaN],
    ["a big integer", 1n],
  ])("refuses %s as a value", (_, value) => {
    expect(faultOf({ extension: value })).toBe("invalid_attribute_value");
  });

  it.each([
    0, 9, 0xa, 0xd, 0x1f, 0x7f, 0x80, 0x9f, 0xd800, 0xdfff, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe, 0x1ffff, 0xffffe,
    0x10ffff,
  ])("refuses the character %d, which no attribute may hold", (code) => {
    expect(faultOf({ subject: `a${String.fromCodePoint(code)}b` })).toBe("invalid_attribute_value");
  });

  it.each([0x20, 0x7e, 0xa0, 0xd7ff, 0xe000, 0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0x1fffd, 0x10fffd])(
    "takes the character %d, beside those no attribute may hold",
    (code) => {
      expect(faultOf({ subject: `a${String.fromCodePoint(code)}b` })).toBeUndefined();
    },
  );

  it.each([
    "2026-05-04T12:00:07Z",
    "2026-05-04t12:00:07z",
    "2026-05-04T12:00:07.1+05:30",
    "2026-05-04T12:00:07-00:00",
    "2024-02-29T23:59:59.999Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
  ])("takes %s for a time", (time) => {
    expect(faultOf({ time })).toBeUndefined();
  });

  it.each([
    "2026-05-04",
    "2026-05-04T12:00:07",
    "2026-05-04 12:00:07Z",
    "2026-05-04T12:00Z",
    "2026-05-04T12:00:07.Z",
    "2026-05-04T12:00:07+0530",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00+05:00",
    "2026-04-31T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:00+99:99",
    "26-01-01T00:00:00Z",
    "Mon, 04 May 2026 12:00:07 GMT",
    "1777896007",
    "yesterday",
  ])("does not take %s for a time", (time) => {
    expect(faultOf({ time })).toBe("invalid_attribute_value");
  });

  it("takes 40 attributes and no more", () => {
    const extensions = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`extension${at}`, "x"]));
    expect(faultOf(extensions(36))).toBeUndefined();
    expect(faultOf(extensions(37))).toBe("too_many_attributes");
  });

  it("takes 16,384 characters in all, names and values together", () => {
    const names = "specversionidsourcetypesubject".length;
    const values = "1.01/st".length;
    const room = 16_384 - names - values;
    expect(faultOf({ subject: "x".repeat(room) })).toBeUndefined();
    expect(faultOf({ subject: "x".repeat(room + 1) })).toBe("too_many_attributes");
  });

  it("never throws, whatever is posted, and hands out only what JSON can carry", () => {
    const candidates = fc.array(
      fc.tuple(
        fc.oneof(fc.string(), fc.constantFrom("id", "source", "type", "specversion", "time", "__proto__")),
        fc.oneof(fc.anything(), fc.string({ unit: "binary" }), fc.constantFrom("1.0")),
      ),
    );
    fc.assert(
      fc.property(candidates, (list) => {
        const checked = checkAttributes([...Object.entries(MINIMAL), ...list]);
        if (checked.ok) expect(JSON.parse(JSON.stringify(checked.value))).toEqual(checked.value);
      }),
    );
  });
});
