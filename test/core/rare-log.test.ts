import { expect, it } from "vitest";
import { createRareLog } from "../../src/core/rare-log.ts";

it("writes a message once in a while, and how many were left out", () => {
  let nowMs = 1000;
  const lines: unknown[] = [];
  const log = createRareLog(
    (...line) => lines.push(line),
    () => nowMs,
    100,
  );
  log("warn", "away", { subscription: "a" });
  log("warn", "away", { subscription: "b" });
  log("warn", "another");
  nowMs = 1099;
  log("warn", "away", { subscription: "c" });
  nowMs = 1100;
  log("warn", "away", { subscription: "d" });
  nowMs = 1200;
  log("warn", "away", { subscription: "e" });
  // A clock that was set back silences nobody.
  nowMs = 5;
  log("warn", "away");
  expect(lines).toEqual([
    ["warn", "away", { subscription: "a" }],
    ["warn", "another", undefined],
    ["warn", "away", { subscription: "d", leftOut: 2 }],
    ["warn", "away", { subscription: "e" }],
    ["warn", "away", undefined],
  ]);
});
