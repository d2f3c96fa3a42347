import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wait } from "../../src/core/wait.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("wait", () => {
  it("resolves after its time", async () => {
    let over = false;
    void wait(1000, new AbortController().signal).then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toBe(true);
  });

  it("resolves at once when the signal aborts, before or during it, and leaves no timer behind", async () => {
    const controller = new AbortController();
    const waiting = wait(3_600_000, controller.signal);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort();
    await waiting;
    await wait(3_600_000, controller.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
