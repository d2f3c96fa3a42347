import { describe, expect, it } from "vitest";
import { createWatch, type LiveGateway } from "../../src/runtimes/worker-watch.ts";
import { waitUntil } from "../support/wait.ts";

interface Behaviour {
  open?(): void;
  start?(): Promise<void>;
  fetch?(): Promise<Response>;
  nextDueAt?(): Promise<number | null>;
  tidy?(): Promise<boolean>;
  stop?(): Promise<void>;
  readonly neverRests?: boolean;
}

/** A watch over gateways that behave as told; time goes on, and can be moved besides. */
function setUp(behaviour: Behaviour = {}) {
  let movedMs = 0;
  let alarmMs: number | null = null;
  const happened: string[] = [];
  const clock = () => Date.now() + movedMs;
  const watch = createWatch({
    clock,
    log: (_level, message) => void happened.push(message),
    storage: {
      getAlarm: async () => alarmMs,
      async setAlarm(atMs) {
        alarmMs = atMs;
      },
    },
    open(busy): LiveGateway {
      behaviour.open?.();
      happened.push("open");
      return {
        fetch: () => busy.during(behaviour.fetch ?? (async () => new Response("ok"))),
        start: behaviour.start ?? (async () => {}),
        nextDueAt: behaviour.nextDueAt ?? (async () => null),
        tidy: behaviour.tidy ?? (async () => false),
        neverRests: behaviour.neverRests ?? false,
        async stop() {
          happened.push("stop");
          await behaviour.stop?.();
        },
      };
    },
  });
  return {
    watch,
    happened,
    move: (ms: number) => {
      movedMs += ms;
    },
    lose: () => {
      alarmMs = null;
    },
    /** How far away the alarm is, in seconds. */
    alarmIn: () => (alarmMs === null ? null : Math.round((alarmMs - clock()) / 1000) + 0),
    alarmAtMs: () => alarmMs,
  };
}

const request = () => new Request("https://events.example.com/");
const failing = () => Promise.reject(new Error("no"));

describe("the watch over an object", () => {
  it("sets an alarm with the first request, which is a slice of delivery, and goes on", async () => {
    const { watch, alarmIn, happened } = setUp({ nextDueAt: async () => 0 });
    await watch.fetch(request());
    expect(alarmIn()).toBe(0);
    await watch.alarm();
    expect(alarmIn()).toBe(5);
    await watch.fetch(request());
    expect(happened).toEqual(["open"]);
  });

  it.each<[string, Behaviour]>([
    [
      "the gateway cannot be opened",
      {
        open: () => {
          throw new Error("no");
        },
      },
    ],
    ["it cannot start", { start: failing }],
    ["the broker does not say what is due", { nextDueAt: failing }],
    ["the broker does not tidy up", { tidy: failing }],
    ["the gateway does not stop", { stop: failing }],
  ])("sets the next alarm also where %s", async (_name, behaviour) => {
    const { watch, alarmIn, happened, move } = setUp(behaviour);
    await watch.fetch(request()).catch(() => {});
    move(60_000);
    await watch.alarm();
    expect(alarmIn()).toBe(30);
    expect(happened).toContain("delivering failed; trying again");
  });

  it("is awake for any work that somebody waits for, and does not rest meanwhile", async () => {
    const { watch, alarmIn, happened, move } = setUp();
    let end = () => {};
    const used = watch.use(() => new Promise<string>((done) => (end = () => done("used"))));
    await waitUntil(() => happened.includes("open"), "it is open");
    move(60_000);
    const slice = watch.alarm();
    await new Promise((done) => setTimeout(done, 300));
    move(20_000);
    await slice;
    expect([alarmIn(), happened]).toEqual([30, ["open"]]);
    end();
    expect(await used).toBe("used");
  });

  it("opens another gateway after one that could not start", async () => {
    let starts = 0;
    const { watch } = setUp({
      start: async () => {
        if (starts++ === 0) throw new Error("no");
      },
    });
    await expect(watch.fetch(request())).rejects.toThrow("no");
    expect((await watch.fetch(request())).status).toBe(200);
  });

  it("ends a slice in time, though the work does not end", async () => {
    const { watch, alarmIn, move } = setUp({ fetch: () => new Promise(() => {}) });
    void watch.fetch(request());
    const slice = watch.alarm();
    await new Promise((done) => setTimeout(done, 300));
    move(20_000);
    await slice;
    expect(alarmIn()).toBe(30);
  });

  it("comes back for a retry when it is due, and half a minute later at the latest", async () => {
    for (const [dueInMs, seconds] of [
      [1000, 5],
      [3_600_000, 30],
    ] as const) {
      const { watch, alarmIn } = setUp({ nextDueAt: async () => Date.now() + dueInMs });
      await watch.alarm();
      expect(alarmIn()).toBe(seconds);
    }
    const dueMs = Date.now() + 15_000;
    const { watch, alarmAtMs } = setUp({ nextDueAt: async () => dueMs });
    await watch.alarm();
    expect(alarmAtMs()).toBe(dueMs);
  });

  it("puts the gateway to rest when nothing is left, and wakes with the next request", async () => {
    const { watch, alarmIn, happened, move } = setUp();
    await watch.fetch(request());
    await watch.alarm();
    expect([alarmIn(), happened]).toEqual([30, ["open"]]);
    move(30_000);
    await watch.alarm();
    expect([alarmIn(), happened]).toEqual([3600, ["open", "stop"]]);
    await watch.fetch(request());
    expect([alarmIn(), happened]).toEqual([0, ["open", "stop", "open"]]);
  });

  it.each<[string, Behaviour]>([
    ["something is still to be delivered", { nextDueAt: async () => Date.now() + 3_600_000 }],
    ["it polls", { neverRests: true }],
    ["there is more to let go of", { tidy: async () => true }],
  ])("lets the gateway go on as long as %s", async (_name, behaviour) => {
    const { watch, alarmIn, happened } = setUp(behaviour);
    await watch.alarm();
    expect([alarmIn(), happened]).toEqual([30, ["open"]]);
  });

  it("does not sleep an hour where a request came while the gateway was put to rest", async () => {
    let stopped = () => {};
    const { watch, alarmIn, happened } = setUp({ stop: () => new Promise((done) => (stopped = done)) });
    const slice = watch.alarm();
    await waitUntil(() => happened.includes("stop"), "it is put to rest");
    await watch.fetch(request());
    stopped();
    await slice;
    expect(alarmIn()).toBe(30);
  });

  it("sets an alarm that was lost, and no other", async () => {
    const { watch, alarmIn, move, lose } = setUp();
    await watch.keepAlarm();
    expect(alarmIn()).toBe(0);
    move(60_000);
    await watch.keepAlarm();
    expect(alarmIn()).toBe(-60);
    move(120_000);
    await watch.keepAlarm();
    expect(alarmIn()).toBe(0);
    lose();
    await watch.keepAlarm();
    expect(alarmIn()).toBe(0);
  });
});
