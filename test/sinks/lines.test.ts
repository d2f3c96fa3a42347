import { describe, expect, it } from "vitest";
import { encodeEvent } from "../../src/core/event.ts";
import { createLineSink } from "../../src/sinks/lines.ts";

const EVENT = encodeEvent({ specversion: "1.0", id: "1", source: "/s", type: "t", subject: "ü" }, "json", '{"a": 1}');
const LINE = '{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"ü","data":{"a": 1}}\n';
const { signal } = new AbortController();

describe("createLineSink", () => {
  it("writes an event as one line of structured JSON and says that it was taken", async () => {
    const lines: string[] = [];
    const sink = createLineSink(async (line) => void lines.push(line));
    expect(await sink.send(EVENT, signal)).toEqual({ kind: "taken" });
    expect(lines).toEqual([LINE]);
    await sink.close();
  });

  it("writes one line also where data were posted in several", async () => {
    const lines: string[] = [];
    const event = encodeEvent(
      { specversion: "1.0", id: "1", source: "/s", type: "t" },
      "json",
      '{\r\n  "a": "b\\nc"\n}',
    );
    await createLineSink(async (line) => void lines.push(line)).send(event, signal);
    expect(lines.map((line) => line.split("\n").length)).toEqual([2]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ data: { a: "b\nc" } });
  });

  it("says so only when the line was taken", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let ended = false;
    const sending = createLineSink(() => promise)
      .send(EVENT, signal)
      .finally(() => {
        ended = true;
      });
    await new Promise((done) => setTimeout(done, 10));
    expect(ended).toBe(false);
    resolve();
    expect(await sending).toEqual({ kind: "taken" });
  });

  it("answers with a failure where writing fails", async () => {
    const sink = createLineSink(() => Promise.reject(new Error("write EPIPE")));
    expect(await sink.send(EVENT, signal)).toEqual({
      kind: "failure",
      reason: "connection_failed",
      message: "write EPIPE",
    });
  });

  it("stops when told to, also where the reader of the lines stands still", async () => {
    const sink = createLineSink(() => new Promise(() => {}));
    const controller = new AbortController();
    const sending = sink.send(EVENT, controller.signal);
    controller.abort();
    expect(await sending).toMatchObject({ kind: "failure", reason: "aborted" });
  });
});
