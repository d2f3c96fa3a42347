import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Filter } from "../../src/core/filter.ts";
import { createWakeUps, type WakeUps } from "../../src/delivery/wake-ups.ts";

let wakeUps: WakeUps;
let woken: string[];

beforeEach(() => {
  vi.useFakeTimers();
  wakeUps = createWakeUps();
  woken = [];
});
afterEach(() => {
  wakeUps.stop();
  vi.useRealTimers();
});

function add(name: string, ...filters: Filter[]): void {
  wakeUps.add(name, filters, () => woken.push(name));
}

function came(...types: string[]): void {
  wakeUps.onAppend(new Set(types));
}

describe("who is woken when events came", () => {
  it("is at once who may want one of them, each once", () => {
    add("all");
    add("a", { exact: { type: "a" } });
    add("ab", { any: [{ exact: { type: "a" } }, { prefix: { type: "b" } }] });
    add("c", { exact: { type: "c" } });
    add("not-a", { not: { exact: { type: "a" } } });
    add("subject", { exact: { subject: "s" } });
    came("a", "b");
    expect(woken.sort()).toEqual(["a", "ab", "all", "not-a", "subject"]);
  });

  it("are the others within ten seconds, in turn, and once for all that came", () => {
    for (let at = 0; at < 1000; at++) add(`other-${at}`, { exact: { type: "other" } });
    add("wants", { exact: { type: "a" } });
    for (let at = 0; at < 5; at++) came("a", "b");
    expect(woken).toEqual(["wants", "wants", "wants", "wants", "wants"]);
    vi.advanceTimersByTime(1000);
    expect(woken.length).toBeGreaterThan(100);
    expect(woken.length).toBeLessThan(120);
    vi.advanceTimersByTime(9000);
    expect(new Set(woken).size).toBe(1001);
    expect(woken.length).toBe(1005);
  });

  it("are the others soon where they are few, and nobody is where nothing comes", () => {
    add("a", { exact: { type: "a" } });
    add("b", { exact: { type: "b" } });
    came("a");
    vi.advanceTimersByTime(200);
    expect(woken).toEqual(["a", "b"]);
    vi.advanceTimersByTime(60_000);
    expect(woken).toEqual(["a", "b"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are the others also where two types wake one subscription twice as often as there are others", () => {
    add("a", { prefix: { type: "a" } });
    add("b", { exact: { type: "b" } });
    came("a1", "a2");
    vi.advanceTimersByTime(200);
    expect(woken).toEqual(["a", "b"]);
  });

  it("goes on without those that left, and with those that came", () => {
    add("a", { exact: { type: "x" } });
    came("x");
    wakeUps.remove("a");
    add("b", { exact: { type: "x" } });
    came("x");
    expect(woken).toEqual(["a", "b"]);
    wakeUps.remove("b");
    came("x");
    vi.advanceTimersByTime(1000);
    expect(woken).toEqual(["a", "b"]);
  });

  it("comes to an end where all left while they had their turns", () => {
    add("a", { exact: { type: "a" } });
    came("b");
    wakeUps.remove("a");
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("wakes nobody after it was stopped", () => {
    add("a", { exact: { type: "a" } });
    came("b");
    wakeUps.stop();
    vi.advanceTimersByTime(1000);
    expect(woken).toEqual([]);
  });
});
