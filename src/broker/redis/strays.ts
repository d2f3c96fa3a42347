/**
 * Entries that are pending in a subscription's group and that poolcast knows nothing of: another broker of the same
 * group read them and did not finish, because it was stopped or died. After a while they are ours.
 */
import { defineScript } from "../../redis/script.ts";
import type { ClaimParams, DeadOnArrival } from "../broker.ts";
import { type Judgement, judge, letterOf } from "./judge.ts";
import { CONSUMER, LUA_GROUP } from "./lua.ts";
import { type RedisStore, runOnGroup, textOf, wordsOf } from "./store.ts";

/** By the clock of Redis, since the other last touched it: longer than a try takes, its pause before the next included. */
const IDLE_MS = 600_000;
const LOOK_EVERY_MS = 60_000;
const PAGE = 100;

/**
 * ARGV: group, time, then the least idle time; the id at which the last look stopped, or nothing. Answers where this
 * one stopped, or nothing; the ids; their bodies.
 */
const FIND = defineScript(`${LUA_GROUP}
if not cursors()[GROUP] then return { '', '' } end
local from = ARGV[4] == '' and '-' or '(' .. ARGV[4]
local page = redis.call('XPENDING', STREAM, GROUP, 'IDLE', ARGV[3], from, '+', ${PAGE})
local ids, answer = {}, {}
for _, one in ipairs(page) do
  if redis.call('HEXISTS', ENTRIES, pack(one[1])) == 0 then
    local entry = redis.call('XRANGE', STREAM, one[1], one[1])[1]
    ids[#ids + 1] = one[1]
    answer[#ids + 2] = entry and bodyOf(entry[2]) or false
  end
end
answer[1] = #page == ${PAGE} and page[#page][1] or ''
answer[2] = table.concat(ids, ' ')
return answer
`);

/**
 * ARGV: group, time, then the least idle time; for each entry its id, a letter and what goes with it, as TAKE has
 * them, and the reason of its death. Answers one letter for each, \`-\` where it is no longer there to be taken.
 */
const ADOPT = defineScript(`${LUA_GROUP}
local ordered = redis.call('HGET', INFO, 'ordered') == '1'
local letters = {}
evenIfFull()
for at = 4, #ARGV, 4 do
  local id, letter, extra = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local packed = pack(id)
  local isPending = #redis.call('XPENDING', STREAM, GROUP, 'IDLE', ARGV[3], id, id, 1) > 0
  if not isPending or redis.call('HEXISTS', ENTRIES, packed) == 1 then
    letter = '-'
  elseif letter == 'h' or letter == 'k' then
    redis.call('XCLAIM', STREAM, GROUP, '${CONSUMER}', 0, id, 'JUSTID')
    redis.call('HSET', ENTRIES, packed, row(0, '', 'w', NOW, extra))
    redis.call('ZADD', DUE, NOW, packed)
    if ordered and extra ~= '' then redis.call('ZADD', ORDER, 0, extra .. packed) end
  else
    redis.call('XACK', STREAM, GROUP, id)
    if letter == 'd' then bury(packed, 1, '', ARGV[at + 3], extra) end
  end
  letters[#letters + 1] = letter
end
return { table.concat(letters) }
`);

export interface Adoption {
  readonly filtered: number;
  readonly died: readonly DeadOnArrival[];
}

const NOTHING: Adoption = { filtered: 0, died: [] };

/** Looks now and then, at a part each time; what it finds is due at once. */
export function createStrayKeeper(store: RedisStore) {
  /** By subscription: when to look next, and from where on. */
  const looks = new Map<string, { readonly atMs: number; readonly from: string }>();

  return async function adopt({ subscription, filters, bounds }: ClaimParams): Promise<Adoption> {
    const nowMs = store.clock();
    const { atMs, from } = looks.get(subscription) ?? { atMs: nowMs, from: "" };
    if (nowMs < atMs) return NOTHING;
    const args = [String(IDLE_MS), from];
    const [stopped, found, ...bodies] = await runOnGroup(store, FIND, subscription, args, { bytes: true });
    looks.set(subscription, { atMs: nowMs + LOOK_EVERY_MS, from: textOf(stopped) });
    const judged = wordsOf(found).map((id, at) => judge(store, { id, body: bodies[at] }, { filters, bounds }));
    if (judged.length === 0) return NOTHING;
    const rows = judged.flatMap((one) => {
      const { letter, extra = "" } = letterOf(one);
      return [one.entry.id, letter, extra, reasonOf(one)];
    });
    const [letters] = await runOnGroup(store, ADOPT, subscription, [String(IDLE_MS), ...rows]);
    const taken = judged.filter((_, at) => textOf(letters)[at] !== "-");
    return {
      filtered: taken.filter(({ kind }) => kind === "miss").length,
      died: taken.flatMap((one) => (one.kind === "dead" ? [{ position: one.entry.id, ...one.fault }] : [])),
    };
  };
}

function reasonOf(judgement: Judgement): string {
  return judgement.kind === "dead" ? judgement.fault.reason : "";
}
