/** The users of one pool: remembered for a while, else asked for, many at once, for no longer than the caller may wait. */
import type { StateWrite } from "../../broker/broker.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lru } from "../../core/lru.ts";
import type { Wait } from "../../core/wait.ts";
import type { UserSnapshot } from "../../mappers/index.ts";
import type { CallBudget } from "./call-budget.ts";
import type { Caller } from "./caller.ts";
import { nameOf } from "./fill-user.ts";
import type { IdentifiedBy, IdentityMetrics, UnidentifiedReason } from "./identity-metrics.ts";
import type { PoolDirectory, UserMembers } from "./pool-directory.ts";
import type { ArchivedUser, UserArchive } from "./user-archive.ts";

/** Why somebody wants to know a user. */
export interface Want {
  /** Something about him changed: what was known may no longer hold. */
  readonly changed: boolean;
  /** He is gone: what was known last is the best there is. */
  readonly deleted: boolean;
}

export interface Known {
  /** The name alone where the rest may be out of date. */
  readonly user?: Partial<UserSnapshot> | undefined;
  /** Where `user` was found. */
  readonly by?: IdentifiedBy | undefined;
  /** Why `user` is missing or the name alone. */
  readonly missing?: UnidentifiedReason | undefined;
}

export interface PoolUsers {
  /** One answer for each sub within `maxMs`. Never rejects. */
  learn(wants: ReadonlyMap<string, Want>, maxMs: number): Promise<ReadonlyMap<string, Known>>;
  /** What of these is to be kept with the events they were learned for. */
  unsaved(subs: Iterable<string>): readonly Saving[];
  /** The writes were made. */
  saved(savings: readonly Saving[]): void;
}

export interface Saving extends ArchivedUser {
  readonly write: StateWrite;
}

/** What memory holds of one user. */
export interface Remembered {
  /** As he was last seen; undefined where the pool had no such user. */
  readonly user: UserSnapshot | undefined;
  /** Whether the pool had him then. */
  readonly there: boolean;
  /** When AWS said so; null where it may be otherwise by now. */
  readonly readAtMs: number | null;
  readonly from: "broker" | "aws";
  /** What the broker keeps of him. */
  readonly archived?: ArchivedUser | undefined;
}

export interface PoolUsersParts {
  readonly arn: string;
  readonly members: UserMembers;
  readonly directory: PoolDirectory;
  readonly caller: Caller;
  /** Shared by the pools of an account and Region, as AWS's own limit is. */
  readonly budget: CallBudget;
  /** Shared by all pools; the key is `<ARN>/<sub>`. */
  readonly memory: Lru<string, Remembered>;
  readonly archive: UserArchive;
  /** The user as another part of poolcast saw him last. Rejects as the broker does. */
  readonly lastSeen?: LastSeen | undefined;
  readonly clock: Clock;
  readonly wait: Wait;
  readonly metrics: IdentityMetrics;
  readonly signal: AbortSignal;
}

type Asking = Promise<"refused" | undefined>;

export type LastSeen = (poolArn: string, subs: readonly string[]) => Promise<ReadonlyMap<string, UserSnapshot>>;

/** Not every change is an event: the attributes of a federated user change when he signs in. */
const CURRENT_MS = 60_000;
/** A user who was just created may not be listed yet. */
const NOT_FOUND_MS = 5000;
const MAX_UNDER_WAY = 20;
const DAY_MS = 86_400_000;
const KEEP_MS = 30 * DAY_MS;
/** Late records of somebody who is gone. */
const KEEP_DELETED_MS = 7 * DAY_MS;
/** A filter of ListUsers with anything else would have to be quoted. */
const SUB = /^[\w:+=.@-]{1,128}$/;

export function createPoolUsers(parts: PoolUsersParts): PoolUsers {
  const { arn, members, directory, caller, budget, memory, archive, lastSeen, clock, wait, metrics, signal } = parts;
  /** The question about each sub whose answer will be remembered. */
  const underWay = new Map<string, Asking>();
  let asking = 0;

  const recall = (sub: string) => memory.get(`${arn}/${sub}`);
  const remember = (sub: string, what: Remembered) => memory.set(`${arn}/${sub}`, what);

  const wanted = (user: UserSnapshot) => (members === "attributes" ? user : nameOf(user));

  /** Whether memory answers as well as AWS would. */
  function isGood(what: Remembered | undefined, { changed, deleted }: Want): boolean {
    if (what === undefined) return false;
    // It never changes, and no sub is given twice.
    if (members === "username" && what.user?.username !== undefined) return true;
    if (deleted && what.user?.attributes !== undefined) return true;
    if (changed || what.readAtMs === null) return false;
    const ageMs = clock() - what.readAtMs;
    return ageMs >= 0 && ageMs < (what.user === undefined ? NOT_FOUND_MS : CURRENT_MS);
  }

  async function recallFromBroker(subs: readonly string[]): Promise<void> {
    const archived = await archive.read(arn, subs);
    const seen = await lastSeen?.(arn, subs);
    for (const sub of subs) {
      // Somebody else may have asked AWS meanwhile.
      if (recall(sub) !== undefined) continue;
      const kept = archived.get(sub);
      const user = seen?.get(sub) ?? kept?.user;
      if (user) {
        remember(sub, { user: wanted(user), there: true, readAtMs: null, from: "broker", archived: kept });
      }
    }
  }

  /** The name stays. An answer to a question from before may be from before too. */
  function forgetState(sub: string): void {
    underWay.delete(sub);
    const what = recall(sub);
    if (what) remember(sub, { ...what, readAtMs: null });
  }

  async function ask(sub: string, delayMs: number, isCurrent: () => boolean): Asking {
    if (delayMs > 0) await wait(delayMs, signal);
    if (signal.aborted || caller.state() === "failing") return "refused";
    const readAtMs = clock();
    const answer = await caller.call(() => directory.findUser(sub, members, signal));
    const outcome = !answer.ok ? answer.error.error : answer.value ? "found" : "not_found";
    metrics.calls.add({ call: "ListUsers", outcome });
    if (!answer.ok) return "refused";
    if (!isCurrent()) return undefined;
    const before = recall(sub);
    const user = answer.value ? unlessSame(before?.user, wanted(answer.value)) : before?.user;
    remember(sub, { user, there: answer.value !== undefined, readAtMs, from: "aws", archived: before?.archived });
    return undefined;
  }

  /** The reason where he cannot be asked for now. */
  function startAsking(sub: string, maxMs: number): Asking | UnidentifiedReason {
    const already = underWay.get(sub);
    if (already) return already;
    if (!SUB.test(sub)) return "not_found";
    if (caller.state() === "failing") return "failing";
    if (asking >= MAX_UNDER_WAY) return "rate";
    const delayMs = budget.reserve(maxMs);
    if (delayMs === undefined) return "rate";
    asking += 1;
    const question: Asking = ask(sub, delayMs, () => underWay.get(sub) === question).finally(() => {
      asking -= 1;
      if (underWay.get(sub) === question) underWay.delete(sub);
    });
    underWay.set(sub, question);
    return question;
  }

  /** What memory holds now that it was asked for, or could not be for the reason `missing`. */
  function answer(sub: string, want: Want, missing?: UnidentifiedReason, by?: "aws"): Known {
    const what = recall(sub);
    const from = by ?? (what?.from === "broker" ? "broker" : "memory");
    if (what?.user === undefined) return { missing: missing ?? "not_found" };
    if (isGood(what, { ...want, changed: false })) return { user: what.user, by: from };
    const { username } = what.user;
    return username === undefined ? { missing: missing ?? "not_found" } : { user: { username }, by: from, missing };
  }

  return {
    async learn(wants, maxMs) {
      const endMs = clock() + maxMs;
      const known = new Map<string, Known>();
      const open = () => [...wants].filter(([sub]) => !known.has(sub));
      const takeGood = () => {
        for (const [sub, want] of open()) if (isGood(recall(sub), want)) known.set(sub, answer(sub, want));
      };

      // What was known before the change must not go into later events either, whatever comes of asking.
      for (const [sub, { changed }] of wants) if (changed && members === "attributes") forgetState(sub);
      takeGood();

      const unheardOf = open().flatMap(([sub]) => (recall(sub) === undefined ? [sub] : []));
      if (unheardOf.length > 0) {
        const reading = recallFromBroker(unheardOf).catch(() => undefined);
        await within(reading, endMs - clock());
        takeGood();
      }

      const patientMs = caller.state() === "well" ? Math.max(0, endMs - clock()) : 0;
      const asked: Promise<void>[] = [];
      for (const [sub, want] of open()) {
        const question = startAsking(sub, patientMs);
        if (typeof question === "string") known.set(sub, answer(sub, want, question));
        else {
          const answered = question.then((refused) => {
            if (!known.has(sub)) known.set(sub, answer(sub, want, refused, "aws"));
          });
          asked.push(answered);
        }
      }
      if (asked.length > 0) {
        await within(Promise.all(asked), patientMs);
        const late = open();
        if (late.length > 0 && patientMs > 0) caller.tooSlow();
        for (const [sub, want] of late) known.set(sub, answer(sub, want, "budget"));
      }

      for (const [sub, { deleted }] of wants) {
        const what = deleted ? recall(sub) : undefined;
        if (what) remember(sub, { ...what, there: false, readAtMs: what.readAtMs ?? clock() });
      }
      return known;
    },

    unsaved(subs) {
      const savings: Saving[] = [];
      for (const sub of subs) {
        const what = recall(sub);
        if (what?.user?.username === undefined) continue;
        const { user, archived, there, from } = what;
        const latestMs = clock() + (there ? KEEP_MS : KEEP_DELETED_MS);
        // Nobody has asked whether a user whom the broker remembers is still there.
        const untilMs = from === "broker" && archived ? Math.min(archived.untilMs, latestMs) : latestMs;
        // Written anew once a day, so that it ends a month after he was seen last.
        const lasts = archived && Math.abs(untilMs - archived.untilMs) < DAY_MS;
        if (lasts && unlessSame(archived.user, user) === archived.user) continue;
        savings.push({ user, untilMs, write: archive.write(arn, { user, untilMs }) });
      }
      return savings;
    },

    saved(savings) {
      for (const { user, untilMs } of savings) {
        const what = recall(user.sub);
        if (what) remember(user.sub, { ...what, archived: { user, untilMs } });
      }
    },
  };

  async function within(work: Promise<unknown>, maxMs: number): Promise<void> {
    if (maxMs <= 0) return;
    const stop = new AbortController();
    await Promise.race([work, wait(maxMs, stop.signal)]);
    stop.abort();
  }
}

/** The old one where the new one says the same. */
function unlessSame(before: UserSnapshot | undefined, after: UserSnapshot): UserSnapshot {
  return before === after || JSON.stringify(before) === JSON.stringify(after) ? (before ?? after) : after;
}
