import { describe, expect, it } from "vitest";
import { eventLine } from "../../src/cli/watch/line.ts";

const RECORDED = "2026-05-04T07:31:10.250Z";

function lineOf(attributes: Readonly<Record<string, unknown>>): string {
  return eventLine({ position: "1", recordedAt: RECORDED, event: { type: "com.example.order", ...attributes } });
}

describe("the line of an event", () => {
  it("tells the time of what happened, in UTC and whole seconds, or when it was stored", () => {
    expect(lineOf({ time: "2026-05-04T09:31:09.999+02:00" })).toMatch(/^2026-05-04T07:31:09Z {2}com/);
    expect(lineOf({})).toMatch(/^2026-05-04T07:31:10Z {2}com/);
    expect(lineOf({ time: "yesterday" })).toMatch(/^yesterday {2}com/);
  });

  it("leaves out what every type of a user pool begins with, and keeps columns where something is missing", () => {
    const type = "com.amazon.cognito-idp.user.created";
    const full = lineOf({ type, subject: "user/u1", outcome: "success", road: "sns" });
    expect(full.split(/ {2,}/)).toEqual(["2026-05-04T07:31:10Z", "user.created", "user/u1", "success", "sns"]);
    expect(lineOf({ type, road: "sns" }).indexOf("sns")).toBe(full.indexOf("sns"));
    expect(lineOf({ subject: 7 })).toBe("2026-05-04T07:31:10Z  com.example.order");
  });

  it("tells the terminal nothing to do", () => {
    expect(lineOf({ subject: "\u001b[31mred\n\u009b2J" })).toContain(" [31mred  2J");
    expect(lineOf({ subject: "\u001b[31mred\n\u009b2J", time: "\u0007" })).not.toMatch(/\p{Cc}/u);
  });
});
