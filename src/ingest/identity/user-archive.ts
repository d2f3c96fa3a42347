/**
 * Users as they were last seen, kept in the broker's state, so that the event of a deletion can name whom it was about
 * also after a restart. An entry is written in the step that commits the event it was learned for, and ends by `sweep`.
 *
 * Collection `identity`, key `<pool ARN>/<sub>`; the value is JSON {untilMs, user}.
 */
import type { Broker, StateWrite } from "../../broker/broker.ts";
import type { Clock } from "../../core/clock.ts";
import { isObject, member, parseJson } from "../../core/json.ts";
import type { UserSnapshot } from "../../mappers/index.ts";

export const IDENTITY_STATE = "identity";

export interface ArchivedUser {
  readonly user: UserSnapshot;
  /** Epoch ms. */
  readonly untilMs: number;
}

export interface UserArchive {
  /** Rejects as the broker does. */
  read(poolArn: string, subs: readonly string[]): Promise<ReadonlyMap<string, ArchivedUser>>;
  write(poolArn: string, archived: ArchivedUser): StateWrite;
  /** Deletes what is over, and where there are too many those that would end first. Rejects as the broker does. */
  sweep(): Promise<void>;
}

export interface UserArchiveParts {
  readonly broker: Pick<Broker, "append" | "getState" | "scanState">;
  readonly clock: Clock;
  /** Of all pools together; some more may stand there until the next sweep. */
  readonly maxUsers?: number;
}

const MAX_USERS = 20_000;
const BATCH = 500;
/** Far below what a state entry may hold; a user with more than this is kept by name alone. */
const MAX_LENGTH = 60_000;

export function createUserArchive({ broker, clock, maxUsers = MAX_USERS }: UserArchiveParts): UserArchive {
  return {
    async read(poolArn, subs) {
      const keys = subs.map((sub) => keyOf(poolArn, sub));
      const found = new Map<string, ArchivedUser>();
      for (const { value } of await broker.getState({ collection: IDENTITY_STATE, keys })) {
        const archived = parse(value);
        if (archived && archived.untilMs > clock()) found.set(archived.user.sub, archived);
      }
      return found;
    },

    write(poolArn, archived) {
      const { sub, username } = archived.user;
      const whole = JSON.stringify(archived);
      const value =
        whole.length <= MAX_LENGTH
          ? whole
          : JSON.stringify({ ...archived, user: { sub, ...(username !== undefined && { username }) } });
      return { collection: IDENTITY_STATE, key: keyOf(poolArn, sub), value };
    },

    async sweep() {
      const ended: string[] = [];
      const kept: { readonly key: string; readonly untilMs: number }[] = [];
      let after: string | undefined;
      do {
        const page = await broker.scanState({
          collection: IDENTITY_STATE,
          limit: BATCH,
          ...(after !== undefined && { after }),
        });
        for (const { key, value } of page.entries) {
          const untilMs = parse(value)?.untilMs ?? 0;
          if (untilMs > clock()) kept.push({ key, untilMs });
          else ended.push(key);
        }
        after = page.next;
      } while (after !== undefined);
      if (kept.length > maxUsers) {
        kept.sort((a, b) => a.untilMs - b.untilMs);
        ended.push(...kept.slice(0, kept.length - maxUsers).map(({ key }) => key));
      }
      // A scan may show an entry twice, and one append names a key once.
      const keys = [...new Set(ended)];
      for (let at = 0; at < keys.length; at += BATCH) {
        const state = keys.slice(at, at + BATCH).map((key) => ({ collection: IDENTITY_STATE, key, value: null }));
        await broker.append({ events: [], state });
      }
    },
  };
}

function keyOf(poolArn: string, sub: string): string {
  return `${poolArn}/${sub}`;
}

/** Undefined for what nobody wrote who still knows how. */
function parse(value: string): ArchivedUser | undefined {
  const json = parseJson(value);
  const user = member(json, "user");
  const sub = member(user, "sub");
  const untilMs = member(json, "untilMs");
  if (typeof untilMs !== "number" || !isObject(user) || typeof sub !== "string") return undefined;
  return { untilMs, user: { ...user, sub } };
}
