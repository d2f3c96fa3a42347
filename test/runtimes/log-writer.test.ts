import { describe, expect, it } from "vitest";
import type { LogFields, LogLevel } from "../../src/core/log.ts";
import { createLog } from "../../src/runtimes/log-writer.ts";

const NOW = Date.parse("2026-05-04T12:00:07.250Z");

function lineOf(readable: boolean, level: LogLevel, message: string, fields?: LogFields): string {
  const lines: string[] = [];
  createLog({ write: (line) => lines.push(line), readable, clock: () => NOW })(level, message, fields);
  expect(lines).toHaveLength(1);
  return lines.join("");
}

/** What makes a terminal do something, or a reader of lines see two of them. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const EVIL = 'a\nb\r\u001b[2J\u0007\u007f\u009b31m\u0000"quoted"\\';

describe("the log for machines", () => {
  it("is one line of JSON per call: time, level, message and the facts", () => {
    const line = lineOf(false, "warn", "claiming failed", { subscription: "crm", tries: 3, final: false, at: null });
    expect(line).toBe(
      '{"time":"2026-05-04T12:00:07.250Z","level":"warn","message":"claiming failed",' +
        '"subscription":"crm","tries":3,"final":false,"at":null}\n',
    );
  });

  it("leaves out facts that are undefined and keeps lists", () => {
    const line = lineOf(false, "info", "x", { missing: undefined, settings: ["a", "b"] });
    expect(JSON.parse(line)).toEqual({ time: expect.any(String), level: "info", message: "x", settings: ["a", "b"] });
  });

  it("escapes every control character, and loses nothing of the text", () => {
    const line = lineOf(false, "error", EVIL, { answer: EVIL, list: [EVIL] });
    expect(line.slice(0, -1)).not.toMatch(CONTROLS);
    expect(JSON.parse(line)).toMatchObject({ message: EVIL, answer: EVIL, list: [EVIL] });
  });
});

describe("the log for people", () => {
  it("is one line per call: the time of day, the message and the facts", () => {
    expect(
      lineOf(true, "info", "listening", { url: "http://127.0.0.1:8080", tries: 3, on: true, missing: undefined }),
    ).toBe("12:00:07 listening url=http://127.0.0.1:8080 tries=3 on=true\n");
  });

  it.each<[LogLevel, string]>([
    ["info", "12:00:07 x\n"],
    ["warn", "12:00:07 warn: x\n"],
    ["error", "12:00:07 error: x\n"],
    ["debug", "12:00:07 debug: x\n"],
  ])("says so where the level is not the usual one: %s", (level, line) => {
    expect(lineOf(true, level, "x")).toBe(line);
  });

  it("gives a terminal nothing to obey, wherever it stands", () => {
    const line = lineOf(true, "warn", EVIL, { answer: EVIL, list: [EVIL] });
    expect(line.slice(0, -1)).not.toMatch(CONTROLS);
    expect(line).toContain("[2J");
  });
});
