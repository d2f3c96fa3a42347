import { describe, expect, it } from "vitest";
import {
  ageMs,
  type Control,
  type ControlChange,
  changeControl,
  controlState,
  RUNNING,
  readControl,
} from "../../src/delivery/control.ts";

const PAUSE = { kind: "pause" } as const;
const RESUME = { kind: "resume" } as const;
const DISABLE = { kind: "disable", reason: "status_410" } as const;
const ENABLE = { kind: "enable" } as const;

/** Changes at these times, one after the other. */
function controlAfter(...changes: readonly (readonly [number, ControlChange])[]): Control {
  return changes.reduce((control, [atMs, change]) => changeControl(control, change, atMs), RUNNING);
}

describe("the control of a subscription", () => {
  it.each([
    ["running", []],
    ["paused", [PAUSE]],
    ["running", [PAUSE, RESUME]],
    ["disabled", [DISABLE]],
    ["disabled", [PAUSE, DISABLE]],
    ["disabled", [PAUSE, DISABLE, RESUME]],
    ["paused", [DISABLE, PAUSE, ENABLE]],
    ["running", [PAUSE, DISABLE, RESUME, ENABLE]],
  ] as const)("is %s after %j", (state, changes) => {
    expect(controlState(controlAfter(...changes.map((change, at) => [at, change] as const)))).toBe(state);
  });

  it("is the same where a change changes nothing, and keeps the first reason and time", () => {
    const disabled = controlAfter([10, DISABLE]);
    expect(changeControl(disabled, { kind: "disable", reason: "operator" }, 20)).toBe(disabled);
    expect(disabled.disabled).toEqual({ sinceMs: 10, reason: "status_410" });
    expect(changeControl(RUNNING, RESUME, 5)).toBe(RUNNING);
    expect(changeControl(RUNNING, ENABLE, 5)).toBe(RUNNING);
  });

  it("comes back whole from its text, and is running where the text cannot be read", () => {
    for (const control of [
      RUNNING,
      controlAfter([1, PAUSE], [2, DISABLE]),
      controlAfter([1, PAUSE], [4, RESUME], [9, DISABLE]),
    ]) {
      const read = readControl(JSON.stringify(control));
      expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(control)));
    }
    for (const text of ["", "[]", "{}", '{"stops":[1,[2],["a",3]]}', '{"disabled":7}']) {
      expect(controlState(readControl(text))).toBe("running");
      expect(readControl(text).stops).toEqual([]);
    }
  });
});

describe("the age of an event", () => {
  it("stands still while its subscription is stopped, for whatever reason, and both reasons count once", () => {
    const control = controlAfter([100, PAUSE], [150, DISABLE], [200, RESUME], [300, ENABLE]);
    // Stopped from 100 to 300.
    expect(ageMs(control, 50, 400)).toBe(350 - 200);
    expect(ageMs(control, 250, 400)).toBe(150 - 50);
    expect(ageMs(control, 300, 400)).toBe(100);
    expect(ageMs(control, 0, 90)).toBe(90);
  });

  it("stands still now", () => {
    const control = controlAfter([100, PAUSE]);
    expect([ageMs(control, 40, 100), ageMs(control, 40, 1_000_000)]).toEqual([60, 60]);
    expect(ageMs(control, 500, 1000)).toBe(0);
  });

  it("adds up several stops, and remembers a bounded number of them", () => {
    let control = controlAfter([10, PAUSE], [20, RESUME], [30, PAUSE], [45, RESUME]);
    expect(ageMs(control, 0, 100)).toBe(100 - 10 - 15);
    for (let at = 1; at <= 1000; at++) {
      control = changeControl(changeControl(control, PAUSE, at * 100), RESUME, at * 100 + 50);
    }
    expect(control.stops.length).toBeLessThanOrEqual(200);
    expect(ageMs(control, 99_900, 100_100)).toBe(200 - 50 - 50);
  });
});
