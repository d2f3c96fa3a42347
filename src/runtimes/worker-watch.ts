/**
 * Keeps a Durable Object at work as long as there is work, though the platform ends its life whenever it likes: an alarm
 * is always set, and each alarm is a bounded slice of delivery that sets the next, whatever happened in it. Should an
 * alarm be lost all the same (the platform gives up after six that failed), the constructor and the cron set another.
 * https://developers.cloudflare.com/durable-objects/api/alarms/
 */
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Busy, createBusy } from "./busy.ts";

export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(atMs: number): Promise<void>;
}

/** A gateway in this life of the object. */
export interface LiveGateway {
  fetch(request: Request): Promise<Response>;
  start(): Promise<void>;
  /** When something is to be delivered next; 0: now, null: nothing is. */
  nextDueAt(): Promise<number | null>;
  /** Lets go of what is over; whether there is more of it. */
  tidy(): Promise<boolean>;
  /** Something in it goes on without requests and deliveries: polls, files. */
  readonly neverRests: boolean;
  stop(): Promise<void>;
}

export interface WatchParts<Gateway extends LiveGateway> {
  readonly storage: AlarmStorage;
  readonly clock: Clock;
  readonly log: Log;
  readonly open: (busy: Busy) => Gateway;
}

export interface Watch<Gateway extends LiveGateway = LiveGateway> {
  fetch(request: Request): Promise<Response>;
  /** Work that somebody waits for, with the gateway awake. Rejects as the work does, and where it cannot be opened. */
  use<T>(work: (gateway: Gateway) => Promise<T>): Promise<T>;
  alarm(): Promise<void>;
  /** Sets an alarm where there is none. */
  keepAlarm(): Promise<void>;
}

/** An alarm may take 15 minutes; others wait for its end, and what is under way goes on without it. */
const SLICE_MS = 20_000;
const QUIET_MS = 200;
/** Retries are kept by timers while the object lives, so alarms need not be exact. */
const SHORTEST_MS = 5000;
const LONGEST_MS = 30_000;
/** A gateway that rests costs nothing; the one that is opened for the next request costs a few reads. */
const LINGER_MS = 20_000;
const REST_MS = 3_600_000;
/** Later than this an alarm does not come. */
const LOST_MS = 120_000;

export function createWatch<Gateway extends LiveGateway>(parts: WatchParts<Gateway>): Watch<Gateway> {
  const { storage, clock, log, open } = parts;
  const busy = createBusy(clock);
  let live: { readonly gateway: Gateway; readonly started: Promise<unknown> } | undefined;
  let lastRequestMs = 0;

  /** The gateway of this life, delivering. Rejects where it cannot be opened. */
  async function awake(): Promise<Gateway> {
    if (!live) {
      const gateway = open(busy);
      // Whatever ends this life, the alarm begins another.
      live = { gateway, started: Promise.all([gateway.start(), storage.setAlarm(clock())]) };
    }
    const { gateway, started } = live;
    try {
      await started;
    } catch (error) {
      if (live?.gateway === gateway) live = undefined;
      throw error;
    }
    return gateway;
  }

  /** One slice; answers when the next is due. */
  async function slice(): Promise<number> {
    const gateway = await awake();
    await busy.settled(QUIET_MS, SLICE_MS);
    const dueMs = await gateway.nextDueAt();
    if (dueMs === null && (await rested(gateway))) return clock() + REST_MS;
    return Math.min(Math.max(dueMs ?? Number.POSITIVE_INFINITY, clock() + SHORTEST_MS), clock() + LONGEST_MS);
  }

  /** Without timers and connections the object sleeps, and is not paid for. */
  async function rested(gateway: LiveGateway): Promise<boolean> {
    const isIdle = () => busy.count() === 0 && clock() - lastRequestMs >= LINGER_MS;
    if (gateway.neverRests || !isIdle() || (await gateway.tidy()) || !isIdle()) return false;
    live = undefined;
    await gateway.stop();
    return true;
  }

  function use<T>(work: (gateway: Gateway) => Promise<T>): Promise<T> {
    lastRequestMs = clock();
    return busy.during(async () => work(await awake()));
  }

  return {
    fetch: (request) => use((gateway) => gateway.fetch(request)),
    use,
    async alarm() {
      let nextMs = clock() + LONGEST_MS;
      try {
        nextMs = await slice();
      } catch (error) {
        log("error", "delivering failed; trying again", { error: String(error) });
      } finally {
        // A request may have come while the gateway was put to rest.
        await storage.setAlarm(live ? Math.min(nextMs, clock() + LONGEST_MS) : nextMs);
      }
    },
    async keepAlarm() {
      const setMs = await storage.getAlarm();
      if (setMs === null || setMs < clock() - LOST_MS) await storage.setAlarm(clock());
    },
  };
}
