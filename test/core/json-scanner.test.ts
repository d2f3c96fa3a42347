import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJsonScanner, type Scanned } from "../../src/core/json-scanner.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Cuts the bytes at these places, wherever they fall. */
function scan(bytes: Uint8Array, cuts: readonly number[] = [], maxBytes = 1024): Scanned[] {
  const scanner = createJsonScanner({ listName: "Records", maxBytes });
  const found: Scanned[] = [];
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    found.push(...scanner.push(bytes.slice(from, to)));
    from = to;
  }
  return [...found, ...scanner.end()];
}

/** Values as they are, faults by their kind. */
function seen(text: string, cuts?: readonly number[], maxBytes?: number): unknown[] {
  return scan(encode(text), cuts, maxBytes).map((one) => (one.kind === "value" ? one.value : one.kind));
}

const byteByByte = (text: string) => [...encode(text).keys()];

describe("a JSON scanner", () => {
  it.each<[string, string, unknown[]]>([
    ["nothing", "", []],
    ["blanks", " \n\r\n\t", []],
    ["a log file", '{"Records":[{"a":1},{"b":{"c":[1,{}]}}]}', [{ a: 1 }, { b: { c: [1, {}] } }]],
    ["a log file without records", '{"Records":[]}', []],
    ["a list among other members", '{"v":"1","x":{"Records":[7]},"Records" : [ {"a":1} ],"z":[{"q":2}]}', [{ a: 1 }]],
    ["two lists of the name", '{"Records":[1],"Records":[2]}', [1, 2]],
    ["two log files, one behind the other", '{"Records":[1]}{"Records":[2]}', [1, 2]],
    ["a member of the name that is no list", '{"Records":{"a":1}}', [{ Records: { a: 1 } }]],
    ["the name as a value", '{"a":"Records","b":[1]}', [{ a: "Records", b: [1] }]],
    ["the name further within", '{"a":{"Records":[1]}}', [{ a: { Records: [1] } }]],
    ["a longer name", '{"RecordsX":[1]}', [{ RecordsX: [1] }]],
    ["a shorter name", '{"Record":[1]}', [{ Record: [1] }]],
    ["a bare list", '[{"a":1},{"Records":[2]}, 3,"x]", null ]', [{ a: 1 }, { Records: [2] }, 3, "x]", null]],
    ["lines", '{"a":1}\n\n{"b":2}\r\n', [{ a: 1 }, { b: 2 }]],
    ["values with nothing between", '{"a":1}{"b":2}[3]{"c":4}', [{ a: 1 }, { b: 2 }, 3, { c: 4 }]],
    ["lines that are no objects", '7\n"x"\nnull', [7, "x", null]],
    ["a byte order mark", '\uFEFF{"Records":[1]}', [1]],
    [
      "brackets and quotes in strings",
      '{"Records":[{"a":"]}\\"{[","\\\\":"\\\\"},2]}',
      [{ a: ']}"{[', "\\": "\\" }, 2],
    ],
    ["characters of several bytes", '{"Records":[{"a":"é漢😀"}]}', [{ a: "é漢😀" }]],
  ])("finds the values of %s", (_name, text, values) => {
    expect(seen(text)).toEqual(values);
    expect(seen(text, byteByByte(text))).toEqual(values);
  });

  it.each<[string, string, unknown[]]>([
    ["an item that is no JSON", '{"Records":[{"a":1},{oops},{"b":2}]}', [{ a: 1 }, "broken", { b: 2 }]],
    ["a word between items", '{"Records":[{"a":1},nul,{"b":2}]}', [{ a: 1 }, "broken", { b: 2 }]],
    ["an object behind a word", '[nul {"a":1},{"b":2}]', ["broken", { b: 2 }]],
    ["a comma too many", "[1,,2,]", [1, 2]],
    ["a comma too few", '[{"a":1}{"b":2}]', [{ a: 1 }, { b: 2 }]],
    ["a line break in a string of a list", '{"Records":[{"a":"x\ny"},{"b":2}]}', ["broken", { b: 2 }]],
    ["a line without its end", '{"a":"x\n{"b":2}', ["broken", { b: 2 }]],
    ["an object within a line of text", 'login by {"b":2}\n{"c":3}', ["broken", { c: 3 }]],
    ["a list that ends too early", '{"Records":[{"a":1},{"b"', [{ a: 1 }, "broken"]],
    ["a list without its end", '{"Records":[{"a":1}', [{ a: 1 }, "broken"]],
    ["an object without its end", '{"Records":[{"a":1}]', [{ a: 1 }, "broken"]],
    ["a bare list without its end", "[1,2", [1, "broken"]],
    ["text", "hello", ["broken"]],
    ["XML", "<Error>\n<Code>x</Code>\n</Error>", ["broken", "broken", "broken"]],
  ])("tells of %s, and finds its neighbours", (_name, text, values) => {
    expect(seen(text)).toEqual(values);
    expect(seen(text, byteByByte(text))).toEqual(values);
  });

  it("skips what is too large, and finds its neighbours", () => {
    const large = JSON.stringify({ a: "x".repeat(2000) });
    for (const text of [
      `{"Records":[1,${large},2]}`,
      `[1,${large},2]`,
      `1\n${large}\n2`,
      `1\n${"x".repeat(2000)}\n2`,
    ]) {
      expect(seen(text)).toEqual([1, "too_large", 2]);
      expect(seen(text, byteByByte(text))).toEqual([1, "too_large", 2]);
    }
    const exact = JSON.stringify({ a: "x".repeat(1016) });
    expect(exact).toHaveLength(1024);
    expect(seen(`[${exact},${exact} ]`)).toHaveLength(2);
    expect(seen(`[${large}`)).toEqual(["too_large", "broken"]);
    expect(seen(`[${large.slice(0, -1)}`)).toEqual(["too_large"]);
  });

  it("finds the list behind a member that is too large", () => {
    expect(seen(`{"a":"${"x".repeat(2000)}","Records":[{"b":2}]}`)).toEqual([{ b: 2 }]);
  });

  it("says which values are items of the list, and how large they were", () => {
    expect(scan(encode('{"Records":[{"a":1}]}\n{"é":2}'))).toEqual([
      { kind: "value", value: { a: 1 }, listed: true, bytes: 7 },
      { kind: "value", value: { é: 2 }, listed: false, bytes: 8 },
    ]);
  });

  const cuts = fc.array(fc.nat(5000), { maxLength: 12 });

  it("finds what was written, in every form, cut anywhere", () => {
    const records = fc.array(fc.oneof(fc.object({ maxDepth: 3 }).map((one) => ({ ...one, Records: undefined }))));
    fc.assert(
      fc.property(records, cuts, fc.constantFrom(undefined, 2), (written, at, indent) => {
        const values: unknown[] = JSON.parse(JSON.stringify(written));
        for (const text of [
          JSON.stringify({ Records: values }, null, indent),
          JSON.stringify(values, null, indent),
          values.map((one) => JSON.stringify(one, null, indent)).join("\n"),
          values.map((one) => JSON.stringify(one, null, indent)).join(""),
        ]) {
          expect(seen(text, at, 1_000_000)).toEqual(values);
        }
      }),
    );
  });

  it("finds the same in anything, wherever it is cut", () => {
    const scraps = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      "\\",
      ",",
      ":",
      "\n",
      " ",
      '"Records"',
      "[{",
      "1",
      "é",
      "\u0000",
    );
    const bytes = fc.oneof(
      fc.array(scraps, { maxLength: 60 }).map((all) => encode(all.join(""))),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(bytes, cuts, (input, at) => {
        expect(scan(input, at, 16)).toEqual(scan(input, [], 16));
        expect(scan(input, [...input.keys()], 16)).toEqual(scan(input, [], 16));
      }),
      { numRuns: 2000 },
    );
  });
});
