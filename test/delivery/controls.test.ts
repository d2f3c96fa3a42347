import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, BrokerFailure } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { controlState } from "../../src/delivery/control.ts";
import { type Controls, type ControlWrite, createControls } from "../../src/delivery/controls.ts";
import { LIMITS } from "../support/loop-kit.ts";

const PAUSE = { kind: "pause" } as const;
const RESUME = { kind: "resume" } as const;
const opened: Controls[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-05-04T12:00:00Z") });
});
afterEach(() => {
  for (const controls of opened.splice(0)) controls.stop();
  vi.useRealTimers();
});

function memory(shared = false, more: Partial<Broker["capabilities"]> = {}): Broker {
  const broker = createMemoryBroker({ clock: Date.now, ...LIMITS });
  return { ...broker, capabilities: { ...broker.capabilities, shared, ...more } };
}

function open(broker: Broker, { namespace = "g.", commit = append(broker) } = {}) {
  const controls = createControls({ broker, clock: Date.now, log: () => {}, namespace, commit });
  const changed: string[] = [];
  controls.onChange((name) => changed.push(`${name} ${controlState(controls.of(name))}`));
  opened.push(controls);
  return { controls, changed };
}

function append(broker: Broker) {
  return async ({ state }: ControlWrite): Promise<void> => void (await broker.append({ events: [], state }));
}

describe("the controls of subscriptions", () => {
  it("outlive the process, and are those of their namespace", async () => {
    const broker = memory();
    await open(broker).controls.change("crm", PAUSE);
    const { controls } = open(broker);
    await controls.load(["crm", "audit"]);
    expect(["crm", "audit"].map((name) => controlState(controls.of(name)))).toEqual(["paused", "running"]);
    const others = open(broker, { namespace: "other." });
    await others.controls.load(["crm"]);
    expect(controlState(others.controls.of("crm"))).toBe("running");
  });

  it("look at a broker where each look is paid for as seldom as it says", async () => {
    const broker = memory(true, { longestPollMs: 30_000 });
    let looks = 0;
    const { getState } = broker;
    const counted: Broker = {
      ...broker,
      getState(params) {
        looks += 1;
        return getState(params);
      },
    };
    const [here, there] = [open(counted), open(broker)];
    await here.controls.load(["crm"]);
    await there.controls.change("crm", PAUSE);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(here.changed).toEqual(["crm paused"]);
    await vi.advanceTimersByTimeAsync(570_000);
    expect(looks).toBe(21);
  });

  it("follow what another gateway on the broker does, within seconds", async () => {
    const broker = memory(true);
    const [here, there] = [open(broker), open(broker)];
    await here.controls.load(["crm"]);
    await there.controls.load(["crm"]);
    await here.controls.change("crm", PAUSE);
    expect(here.changed).toEqual(["crm paused"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(there.changed).toEqual(["crm paused"]);
    await there.controls.change("crm", RESUME);
    await vi.advanceTimersByTimeAsync(2000);
    expect(here.changed).toEqual(["crm paused", "crm running"]);
    expect(here.controls.of("crm").stops).toHaveLength(1);
  });

  it("keep what they know while the broker is away", async () => {
    const broker = memory(true);
    let away = false;
    const { controls, changed } = open({
      ...broker,
      async getState(params) {
        if (away) throw new BrokerFailure("broker_unavailable", "away");
        return broker.getState(params);
      },
    });
    await controls.load(["crm"]);
    await controls.change("crm", PAUSE);
    away = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(changed).toEqual(["crm paused"]);
    await expect(controls.change("crm", RESUME)).rejects.toMatchObject({ code: "broker_unavailable" });
    expect(controlState(controls.of("crm"))).toBe("paused");
    away = false;
    await open(broker).controls.change("crm", RESUME);
    await vi.advanceTimersByTimeAsync(2000);
    expect(changed).toEqual(["crm paused", "crm running"]);
  });

  it("lose no change where two make one at the same time", async () => {
    const broker = memory();
    const [one, two] = [open(broker).controls, open(broker).controls];
    await Promise.all([one.change("crm", PAUSE), two.change("crm", { kind: "disable", reason: "operator" })]);
    const { controls } = open(broker);
    await controls.load(["crm"]);
    expect(controls.of("crm")).toMatchObject({ pausedSinceMs: Date.now(), disabled: { reason: "operator" } });
  });

  it("disable at once, and write it when the broker is there again, told by one alone", async () => {
    const broker = memory();
    const writes: string[] = [];
    let away = true;
    const commit = async (write: ControlWrite) => {
      if (away) throw new BrokerFailure("broker_unavailable", "away");
      writes.push(`${write.subscription} ${write.change.kind} ${write.control.disabled?.reason}`);
      await broker.append({ events: [], state: write.state });
    };
    const { controls } = open(broker, { commit });
    await controls.load(["crm"]);
    controls.disable("crm", "status_410");
    expect(controlState(controls.of("crm"))).toBe("disabled");
    await vi.advanceTimersByTimeAsync(5000);
    expect([writes, controlState(controls.of("crm"))]).toEqual([[], "disabled"]);
    away = false;
    await vi.advanceTimersByTimeAsync(2000);
    controls.disable("crm", "status_410");
    await vi.advanceTimersByTimeAsync(2000);
    expect(writes).toEqual(["crm disable status_410"]);
    await controls.change("crm", { kind: "enable" });
    expect(controlState(controls.of("crm"))).toBe("running");
  });

  it("are forgotten with their subscription", async () => {
    const broker = memory();
    const { controls } = open(broker);
    await controls.change("crm", PAUSE);
    await controls.forget("crm");
    expect(controlState(controls.of("crm"))).toBe("running");
    const again = open(broker);
    await again.controls.load(["crm"]);
    expect(controlState(again.controls.of("crm"))).toBe("running");
  });
});
