import { expect, it } from "vitest";
import { attributeString, cap } from "../../../src/mappers/extract/attribute-string.ts";

it.each([
  ["plain ASCII, with spaces ~", "plain ASCII, with spaces ~"],
  ["Zoë 🦊", "Zoë 🦊"],
  ["a\u0000b\tc\nd\u001fe\u007ff\u0080g\u009fh\u00a0i", "abcdefgh\u00a0i"],
  ["only C1 \u0085", "only C1 "],
  ["only DEL \u007f", "only DEL "],
  ["a\ud83eb\udd8ac", "abc"],
  ["a\ufdd0b\ufdefc\ufffed\uffffe\u{1fffe}f\u{10ffff}g\ufffd", "abcdefg\ufffd"],
  ["", ""],
  ["\u0000", ""],
])("%j -> %j", (value, expected) => {
  expect(attributeString(value)).toBe(expected);
});

it("cuts at 512, not through a character", () => {
  expect(attributeString("x".repeat(512))).toHaveLength(512);
  expect(attributeString("x".repeat(100_000))).toBe("x".repeat(512));
  expect(attributeString(`${"x".repeat(511)}🦊`)).toBe("x".repeat(511));
  expect(attributeString(`${"x".repeat(510)}🦊y`)).toBe(`${"x".repeat(510)}🦊`);
  expect(attributeString(`\u0000${"é".repeat(1022)}🦊`)).toBe("é".repeat(512));
  expect(cap("🦊🦊", 3)).toBe("🦊");
});
