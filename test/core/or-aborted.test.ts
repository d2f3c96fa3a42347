import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { orAborted } from "../../src/core/or-aborted.ts";

const never = new Promise<string>(() => {});

describe("orAborted", () => {
  it("settles as the work does", async () => {
    const { signal } = new AbortController();
    await expect(orAborted(Promise.resolve("done"), signal)).resolves.toBe("done");
    await expect(orAborted(Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
  });

  it("rejects when the signal aborts, though the work goes on", async () => {
    const controller = new AbortController();
    const waiting = orAborted(never, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  it("rejects at once when the signal was aborted before", async () => {
    await expect(orAborted(never, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  });

  it("swallows what the work rejects with after the abort", async () => {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<string>();
    const waiting = orAborted(promise, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    // An unhandled rejection would fail the run.
    reject(new Error("late"));
    await new Promise((done) => setTimeout(done, 5));
  });

  it("leaves no listener on a signal that lives on", async () => {
    const { signal } = new AbortController();
    await orAborted(Promise.resolve(1), signal);
    await orAborted(Promise.reject(new Error("failed")), signal).catch(() => {});
    await new Promise((done) => setTimeout(done, 1));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
