/**
 * Fetches the files that wait, a few at a time. All that it needs to know stands in the broker, so that it goes on after
 * a restart, and several gateways share the work.
 */
import type { StateEntry } from "../../broker/broker.ts";
import { wait } from "../../core/wait.ts";
import { scanAll } from "../scan-all.ts";
import { isFree, type TryParts, tryFile } from "./try-file.ts";
import { FILES, type FileWork, parseWork } from "./work.ts";

export interface FileFetcher {
  /** Files may have come, or come due. */
  wake(): void;
  /** Begins no other file, breaks off those under way, and lets others have them. */
  stop(): Promise<void>;
}

const CONCURRENCY = 4;
/** How soon it is seen what other gateways queued, and what came due. */
const LOOK_EVERY_MS = 5000;
/** After a try whose outcome the broker did not take, since its file is due as before. */
const UNTAKEN_PAUSE_MS = 1000;
/**
 * After looking through what waits nobody looks for a while, ten times as long as that takes at 10 µs for each file: with
 * very many that fail, every notice and every retry would have all of them looked through.
 */
const REST_MS = 0.1;
const LONGEST_REST_MS = 60_000;

export function startFileFetcher(parts: Omit<TryParts, "owner">): FileFetcher {
  const { broker, clock, log } = parts;
  const owner = crypto.randomUUID();
  const stopping = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const unreadable = new Set<string>();
  let wakes = 0;
  let endSleep = () => {};
  const running = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const before = wakes;
      let soonestMs = Number.POSITIVE_INFINITY;
      try {
        const round = await lookThrough();
        soonestMs = round.soonestMs;
        await wait(Math.min(LONGEST_REST_MS, REST_MS * round.looked), stopping.signal);
      } catch (error) {
        log("warn", "looking for files to fetch failed; trying again", { error: String(error) });
      }
      if (wakes === before) await sleep(Math.min(LOOK_EVERY_MS, Math.max(1, soonestMs - clock())));
    }
    await Promise.all(underWay.values());
  }

  /** Begins with every file that is due, and answers when the next one will be, and at how many it looked. */
  async function lookThrough(): Promise<{ readonly soonestMs: number; readonly looked: number }> {
    let looked = 0;
    let soonestMs = Number.POSITIVE_INFINITY;
    for await (const entry of scanAll(broker, FILES)) {
      looked += 1;
      const work = readable(entry);
      if (!work || underWay.has(entry.key)) continue;
      const freeAtMs = isFree(work, clock(), owner, broker.capabilities.shared) ? 0 : (work.lease?.untilMs ?? 0);
      const dueAtMs = Math.max(work.dueAtMs, freeAtMs);
      if (dueAtMs > clock()) {
        soonestMs = Math.min(soonestMs, dueAtMs);
        continue;
      }
      while (underWay.size >= CONCURRENCY) await Promise.race(underWay.values());
      if (stopping.signal.aborted) break;
      begin(entry, work);
    }
    return { soonestMs, looked };
  }

  /** No version of poolcast yet writes one that is not, and a later one may know what to do with it. */
  function readable({ key, value }: StateEntry): FileWork | undefined {
    const work = parseWork(value);
    if (!work && !unreadable.has(key)) log("error", "an entry of a file to fetch cannot be read", { entry: key });
    if (!work) unreadable.add(key);
    return work;
  }

  function begin(entry: StateEntry, work: FileWork): void {
    const done = tryFile(entry, work, stopping.signal, { ...parts, owner })
      .catch((error: unknown) => {
        log("error", "a try at a file met a fault of the gateway", { error: String(error) });
        return false;
      })
      .then((isTaken) => (isTaken ? undefined : wait(UNTAKEN_PAUSE_MS, stopping.signal)))
      .finally(() => {
        underWay.delete(entry.key);
        wake();
      });
    underWay.set(entry.key, done);
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resume) => {
      const timer = setTimeout(resume, ms);
      endSleep = () => {
        clearTimeout(timer);
        resume();
      };
    });
  }

  function wake(): void {
    wakes += 1;
    endSleep();
  }

  return {
    wake,
    stop() {
      stopping.abort();
      wake();
      return running;
    },
  };
}
