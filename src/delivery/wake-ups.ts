/**
 * Wakes the subscriptions that may want what came, by its type, at once, and the others in turn, so that a thousand of
 * them do not each look at each event. What the others have to do is to move on: until then they seem to have a
 * backlog, and what they have not looked at is not purged.
 */
import type { Filter } from "../core/filter.ts";
import { createLru } from "../core/lru.ts";
import { areWantedByType } from "../core/wanted.ts";

export interface WakeUps {
  add(name: string, filters: readonly Filter[], wake: () => void): void;
  remove(name: string): void;
  onAppend(types: ReadonlySet<string>): void;
  stop(): void;
}

interface Sleeper {
  readonly filters: readonly Filter[];
  readonly wake: () => void;
  /** How many appends there had been when it was woken last. */
  appends: number;
}

/** Anybody may post events of any type. */
const MOST_TYPES = 1000;
const STEP_MS = 100;
/** All are woken within so many steps: ten seconds. */
const STEPS = 100;

export function createWakeUps(): WakeUps {
  const sleepers = new Map<string, Sleeper>();
  const byType = createLru<string, { readonly epoch: number; readonly sleepers: readonly Sleeper[] }>({
    maxWeight: MOST_TYPES,
    weightOf: () => 1,
  });
  /** Changes with the subscriptions. */
  let epoch = 0;
  let appends = 0;
  /** Whose turn it is, and how many turns there are to come since the last append. */
  let turn = 0;
  let turnsLeft = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function wanting(type: string): readonly Sleeper[] {
    const known = byType.get(type);
    if (known?.epoch === epoch) return known.sleepers;
    const found = [...sleepers.values()].filter(({ filters }) => areWantedByType(filters, type) !== false);
    byType.set(type, { epoch, sleepers: found });
    return found;
  }

  /** False where it was woken since the last append. */
  function wake(sleeper: Sleeper): boolean {
    if (sleeper.appends === appends) return false;
    sleeper.appends = appends;
    sleeper.wake();
    return true;
  }

  function step(): void {
    const all = [...sleepers.values()];
    turnsLeft = Math.min(turnsLeft, all.length);
    const count = Math.min(turnsLeft, Math.ceil(all.length / STEPS));
    for (let at = 0; at < count; at++) {
      turn = (turn + 1) % all.length;
      const sleeper = all[turn];
      if (sleeper) wake(sleeper);
    }
    turnsLeft -= count;
    timer = turnsLeft > 0 ? setTimeout(step, STEP_MS) : undefined;
  }

  return {
    add(name, filters, wakeIt) {
      sleepers.set(name, { filters, wake: wakeIt, appends });
      epoch += 1;
    },
    remove(name) {
      sleepers.delete(name);
      epoch += 1;
    },
    onAppend(types) {
      appends += 1;
      let woken = 0;
      for (const type of types) {
        for (const sleeper of wanting(type)) if (wake(sleeper)) woken += 1;
      }
      if (woken >= sleepers.size) return;
      turnsLeft = sleepers.size;
      timer ??= setTimeout(step, STEP_MS);
    },
    stop() {
      clearTimeout(timer);
      turnsLeft = 0;
    },
  };
}
