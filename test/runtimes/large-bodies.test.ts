import { describe, expect, it } from "vitest";
import { isLarge, LARGE_BYTES, largeBodyTurns } from "../../src/runtimes/large-bodies.ts";

describe("a large body", () => {
  it("whose sender stops in the midst of it and stays keeps others waiting for a minute at most", async () => {
    let nowMs = 0;
    const turns = largeBodyTurns(() => nowMs);
    let arrive = () => {};
    const stalled = turns.take(() => new Promise<string>((done) => (arrive = () => done("late"))));
    nowMs = 60_000;
    expect(await turns.take(async () => "taken")).toBe("taken");
    arrive();
    expect(await stalled).toBe("late");
  });

  it("is told by its length, and may be one where none is told", () => {
    const post = (path: string, bytes?: number) =>
      new Request(`https://poolcast.example.com${path}`, {
        method: "POST",
        body: "x",
        ...(bytes !== undefined && { headers: { "content-length": String(bytes) } }),
      });
    expect(isLarge(post("/ingest/cloudtrail", LARGE_BYTES))).toBe(false);
    expect(isLarge(post("/ingest/cloudtrail", LARGE_BYTES + 1))).toBe(true);
    expect(isLarge(post("/ingest/firehose"))).toBe(true);
    expect(isLarge(post("/ingest/sns"))).toBe(false);
    expect(isLarge(new Request("https://poolcast.example.com/readyz"))).toBe(false);
  });
});
