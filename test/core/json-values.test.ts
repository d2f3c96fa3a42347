import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonValues } from "../../src/core/json-values.ts";
import { cpuMsOf } from "../support/cpu-time.ts";

describe("readJsonValues", () => {
  it.each([
    ["one value", '{"a":1}', [{ a: 1 }], 0],
    ["one value over several lines", '{\n  "a": [1,\n 2]\n}\n', [{ a: [1, 2] }], 0],
    ["a scalar", "7", [7], 0],
    ["lines", '{"a":1}\n{"a":2}\r\n\n{"a":3}\n', [{ a: 1 }, { a: 2 }, { a: 3 }], 0],
    ["objects without anything between", '{"a":"}{"}{"a":"\\""}[1]', [{ a: "}{" }, { a: '"' }, [1]], 0],
    ["objects over several lines, one behind the other", '{\n"a":1\n}{\n"a":2\n}', [{ a: 1 }, { a: 2 }], 0],
    ["commas between", '{"a":1},\n{"a":2},', [{ a: 1 }, { a: 2 }], 0],
    ["a broken line between", '{"a":1}\n{"a":\n{"a":3}\n', [{ a: 1 }, { a: 3 }], 1],
    ["a line with a quote too few", '{"a":"x}\n{"a":3}\n{"a":"y"}', [{ a: 3 }, { a: "y" }], 1],
    ["a broken one between, on one line", '{"a":1}{"a":}{"a":3}', [{ a: 1 }, { a: 3 }], 1],
    ["an end that is missing", '{"a":1}{"a":2', [{ a: 1 }], 1],
    ["other text", "hello\nworld", [], 2],
    ["an object in a line of other text", 'agent: {"a":1}\n{"a":2}', [{ a: 2 }], 1],
    ["brackets that close nothing", ']}\n{"a":1}', [{ a: 1 }], 1],
    ["a byte order mark", '\ufeff{"a":1}\n{"a":2}', [{ a: 1 }, { a: 2 }], 0],
    ["nothing", "", [], 0],
  ])("reads %s", (_name, text, values, broken) => {
    expect(readJsonValues(text)).toEqual({ values, broken });
  });

  it("finds all objects, whatever stands between and however they are written", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    const written = fc.tuple(object, fc.constantFrom(0, 2), fc.constantFrom("", "\n", "\r\n", " ", ","));
    fc.assert(
      fc.property(fc.array(written), (all) => {
        const text = all.map(([value, indent, after]) => JSON.stringify(value, null, indent) + after).join("");
        const values = all.map(([value]) => JSON.parse(JSON.stringify(value)));
        expect(readJsonValues(text)).toEqual({ values, broken: 0 });
      }),
    );
  });

  it("loses no line to a broken neighbour that is cut off anywhere", () => {
    const good = JSON.stringify({ a: { b: ["}{", '"'] } });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: good.length - 1 }), (cut) => {
        const { values, broken } = readJsonValues([good, good.slice(0, cut), good].join("\n"));
        expect([values.length, broken >= 1]).toEqual([2, true]);
      }),
    );
  });

  it("needs no more than a moment for a text of broken beginnings", async () => {
    for (const piece of ["{\n", "{", '{"a":[}{', '"\n', "}["]) {
      const tookMs = await cpuMsOf(() => {
        expect(readJsonValues(piece.repeat(1_000_000 / piece.length)).values).toEqual([]);
      });
      expect(tookMs).toBeLessThan(3000);
    }
  });
});
