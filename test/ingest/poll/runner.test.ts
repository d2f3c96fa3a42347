import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, BrokerFailure } from "../../../src/broker/broker.ts";
import { createMemoryBroker } from "../../../src/broker/memory.ts";
import { createMetricsRegistry } from "../../../src/core/metrics.ts";
import { err, ok } from "../../../src/core/result.ts";
import { wait } from "../../../src/core/wait.ts";
import { LEASE_LOST, type PollFault } from "../../../src/ingest/poll/fault.ts";
import { createPollMetrics } from "../../../src/ingest/poll/metrics.ts";
import { poolDetail } from "../../../src/ingest/poll/readiness.ts";
import { LEASE_MS, type PollOptions, type PollTurn, startPoll } from "../../../src/ingest/poll/runner.ts";
import { newEvent } from "../../suites/broker/events.ts";
import { DEFAULT_LIMITS } from "../../suites/broker/harness.ts";

const ARN = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
const PAUSE_MS = 30_000;
const EXPIRED: PollFault = { code: "expired_credentials", error: "ExpiredTokenException" };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function memoryBroker(shared = false): Broker {
  const broker = createMemoryBroker({ clock: Date.now, ...DEFAULT_LIMITS });
  return { ...broker, capabilities: { ...broker.capabilities, shared } };
}

interface StartOptions {
  readonly broker?: Broker;
  readonly owner?: string;
  readonly random?: () => number;
  readonly detail?: PollOptions["detail"];
}

function start(scan: PollOptions["scan"], options: StartOptions = {}) {
  const { broker = memoryBroker(), owner = "a", random = () => 1, detail } = options;
  const registry = createMetricsRegistry();
  const log: string[] = [];
  const poll = startPoll(
    {
      name: "listUsers",
      labels: { region: "eu-central-1" },
      arns: [ARN],
      key: "k",
      pauseMs: PAUSE_MS,
      scan,
      ...(detail && { detail }),
    },
    {
      broker,
      clock: Date.now,
      random,
      wait,
      log: (level, message, { code } = {}) => void log.push(`${level}: ${message} ${code ?? ""}`.trim()),
      metrics: createPollMetrics(registry),
      owner,
    },
  );
  return { poll, log, metrics: () => registry.render() };
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

describe("a poll", () => {
  it("scans at once, and again when the pause after a scan is over, never two at a time", async () => {
    const startedAt: number[] = [];
    const zero = Date.now();
    let running = 0;
    const { poll } = start(async () => {
      startedAt.push(Date.now() - zero);
      expect(++running).toBe(1);
      await pause(45_000);
      running -= 1;
      return ok(undefined);
    });
    await vi.advanceTimersByTimeAsync(160_000);
    expect(startedAt).toEqual([0, 75_000, 150_000]);
    const stopped = poll.stop();
    await vi.advanceTimersByTimeAsync(45_000);
    await stopped;
  });

  it("tries again after a pause that grows to a minute, and at the old pace once a scan succeeds", async () => {
    const startedAt: number[] = [];
    const zero = Date.now();
    const { poll, log, metrics } = start(async () => {
      startedAt.push((Date.now() - zero) / 1000);
      return startedAt.length <= 8 ? err(EXPIRED) : ok(undefined);
    });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(poll.status()).toEqual({ state: "failing", fault: EXPIRED });
    await vi.advanceTimersByTimeAsync(150_000);
    expect(startedAt).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 213, 243]);
    expect(poll.status()).toEqual({ state: "waiting", scannedAtMs: zero + 243_000 });
    expect(log).toEqual([
      "warn: a poll fails; nothing is lost, it goes on from where it stood expired_credentials",
      "info: a poll works again",
    ]);
    expect(await metrics()).toContain(
      'poolcast_poll_failures_total{poll="listUsers",region="eu-central-1",code="expired_credentials"} 8',
    );
    expect(await metrics()).toContain('poolcast_poll_scans_total{poll="listUsers",region="eu-central-1"} 3');
    await poll.stop();
  });

  it("never tries again without any pause, whatever chance says", async () => {
    let scans = 0;
    const { poll } = start(
      async () => {
        scans += 1;
        return err(EXPIRED);
      },
      { random: () => 0 },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(scans).toBeLessThan(400);
    await poll.stop();
  });

  it("tells a fault once, another one at once, and one that stays every ten minutes", async () => {
    let fault = EXPIRED;
    const { poll, log } = start(async () => err(fault));
    await vi.advanceTimersByTimeAsync(500_000);
    expect(log).toHaveLength(1);
    fault = { code: "access_denied", error: "AccessDeniedException" };
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_260_000);
    expect(log).toHaveLength(4);
    await poll.stop();
  });

  it("survives a scan that throws, and a broker that is away or full", async () => {
    const failures = [new TypeError("oops"), new BrokerFailure("broker_full", "no room")];
    const { poll, metrics } = start(async () => {
      const failure = failures.shift();
      if (failure) throw failure;
      return ok(undefined);
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(poll.status().state).toBe("waiting");
    const text = await metrics();
    expect(text).toContain('code="internal"} 1');
    expect(text).toContain('code="broker_full"} 1');
    await poll.stop();
  });

  it("ends a scan by its signal when it is stopped, in the pause at once, and starts none after", async () => {
    let scans = 0;
    const { poll } = start(async ({ signal }) => {
      scans += 1;
      await wait(scans === 1 ? 10 : 3_600_000, signal);
      return ok(undefined);
    });
    await vi.advanceTimersByTimeAsync(PAUSE_MS + 20);
    expect(scans).toBe(2);
    expect(poll.status().state).toBe("scanning");
    await poll.stop();
    expect(poll.status().state).toBe("stopped");
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(scans).toBe(2);

    const other = start(async () => ok(undefined));
    await vi.advanceTimersByTimeAsync(10);
    await other.poll.stop();
    expect(other.poll.status().state).toBe("stopped");
  });
});

describe("two gateways on one broker", () => {
  function two() {
    const broker = memoryBroker(true);
    const scans: string[] = [];
    const scan = (owner: string) => async () => {
      scans.push(owner);
      return ok(undefined);
    };
    return { broker, scans, startOne: (owner: string) => start(scan(owner), { broker, owner }) };
  }

  it("one scans and keeps the lease over the pause; the other takes over soon after it stopped", async () => {
    const { scans, startOne } = two();
    const a = startOne("a");
    await vi.advanceTimersByTimeAsync(1);
    const b = startOne("b");
    await vi.advanceTimersByTimeAsync(10 * PAUSE_MS);
    expect(new Set(scans)).toEqual(new Set(["a"]));
    expect(b.poll.status()).toEqual({ state: "standby" });
    await a.poll.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(scans.at(-1)).toBe("b");
    await b.poll.stop();
  });

  it("the other takes over a lease's time after the scan that a dead one should have made", async () => {
    const { broker, scans, startOne } = two();
    let dead = false;
    const dying: Broker = {
      ...broker,
      getState: (params) => (dead ? new Promise(() => {}) : broker.getState(params)),
    };
    start(
      async () => {
        scans.push("a");
        return ok(undefined);
      },
      { broker: dying, owner: "a" },
    );
    await vi.advanceTimersByTimeAsync(1);
    dead = true;
    const b = startOne("b");
    await vi.advanceTimersByTimeAsync(PAUSE_MS + LEASE_MS - 10);
    expect(scans).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(10_010);
    expect(scans).toEqual(["a", "b"]);
    await b.poll.stop();
  });

  it("who fails lets the other try", async () => {
    const { broker, scans, startOne } = two();
    const a = start(async () => err(EXPIRED), { broker, owner: "a" });
    await vi.advanceTimersByTimeAsync(1);
    const b = startOne("b");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(scans).not.toEqual([]);
    expect(a.poll.status().state).toBe("standby");
    await a.poll.stop();
    await b.poll.stop();
  });

  it("who lost the lease in a scan commits nothing, learns it by keep, and stands by", async () => {
    const { broker, startOne } = two();
    const seen: unknown[] = [];
    const slow = async (turn: PollTurn) => {
      await pause(LEASE_MS + 5000);
      seen.push(await turn.keep(), await turn.append({ events: [newEvent("e1")] }).catch((error) => error.code));
      return err(LEASE_LOST);
    };
    const a = start(slow, { broker, owner: "a" });
    await vi.advanceTimersByTimeAsync(1);
    const b = startOne("b");
    await vi.advanceTimersByTimeAsync(LEASE_MS + 12_000);
    expect(seen).toEqual([false, "state_conflict"]);
    expect(a.poll.status()).toEqual({ state: "standby" });
    expect((await broker.stats()).events).toBe(0);
    await a.poll.stop();
    await b.poll.stop();
  });

  it("keep renews only from time to time, and steps made at once do not disturb each other", async () => {
    const { broker } = two();
    let renewals = 0;
    const counting: Broker = {
      ...broker,
      append(params) {
        if (params.events.length === 0) renewals += 1;
        return broker.append(params);
      },
    };
    const held: boolean[] = [];
    const { poll } = start(
      async (turn) => {
        for (let n = 0; n < 30; n++) {
          held.push(await turn.keep());
          await pause(1000);
        }
        const appends = [1, 2, 3].map((n) => turn.append({ events: [newEvent(`e${n}`)] }));
        await Promise.all([...appends, turn.keep()]);
        return ok(undefined);
      },
      { broker: counting },
    );
    await vi.advanceTimersByTimeAsync(31_000);
    expect(held.every(Boolean)).toBe(true);
    expect((await broker.stats()).events).toBe(3);
    // To begin with, after 10 s, after 20 s, at the end of the 30th second, and for the pause.
    expect(renewals).toBe(5);
    await poll.stop();
  });
});

describe("the readiness of a pool", () => {
  it("names the AWS error of a poll in trouble, and what the poll has to say", async () => {
    const failing = start(async () => err(EXPIRED), { detail: () => ({ lagSeconds: 7 }) });
    await vi.advanceTimersByTimeAsync(1);
    expect(poolDetail(ARN, [failing.poll])).toEqual({
      arn: ARN,
      error: "ExpiredTokenException",
      poll: {
        listUsers: {
          state: "failing",
          error: "ExpiredTokenException",
          code: "expired_credentials",
          lagSeconds: 7,
        },
      },
    });
    expect(poolDetail("arn:other", [failing.poll])).toEqual({ arn: "arn:other" });
    await failing.poll.stop();
  });

  it("has no error where all is well", async () => {
    const { poll } = start(async () => ok(undefined));
    await vi.advanceTimersByTimeAsync(1);
    expect(poolDetail(ARN, [poll])).toEqual({
      arn: ARN,
      poll: { listUsers: { state: "waiting", scannedAt: expect.stringMatching(/Z$/) } },
    });
    await poll.stop();
  });
});
