/** The stream as such: pages of it, and entries of it that a subscription is offered once more. */
import { defineScript } from "../../redis/script.ts";
import type { LoggedEvent, LogPage, LogRange, ReadLogParams, RedeliverParams } from "../broker.ts";
import { entryOf, readEntry } from "./entry.ts";
import { compareIds, isId } from "./ids.ts";
import { orderKeyOf } from "./judge.ts";
import { LUA_GROUP, LUA_STATE } from "./lua.ts";
import { stateArguments, stateConflict } from "./state.ts";
import { command, listOf, numberOf, type RedisStore, runOnGroup, runOnLog, textOf } from "./store.ts";

/** As long as nothing is known of their sizes. */
const FIRST_ENTRIES = 8;
const PAGE_BYTES = 2 * 1024 * 1024;
const LARGEST_NUMBER = "18446744073709551615";

export async function readLog(store: RedisStore, { range, after, limit }: ReadLogParams): Promise<LogPage> {
  const { first, last } = boundsOf(range);
  const events: LoggedEvent[] = [];
  let from = after !== undefined && isId(after) && compareIds(after, first) >= 0 ? `(${after}` : first;
  let next: string | undefined;
  let bytes = 0;
  let count = FIRST_ENTRIES;
  if (last === undefined) return { events };
  while (events.length < limit && bytes < PAGE_BYTES) {
    const asked = Math.min(count, limit - events.length);
    const args = ["XRANGE", store.keys.stream, from, last, "COUNT", String(asked)];
    const entries = listOf(await command(store, args, { bytes: true })).map(entryOf);
    for (const entry of entries) {
      const read = readEntry(entry, store.trackingId);
      next = entry.id;
      if (entry.body instanceof Uint8Array) bytes += entry.body.length;
      if (!read.ok) continue;
      const { event, recordedAtMs } = read.value;
      events.push({ position: entry.id, recordedAtMs, event });
    }
    if (entries.length < asked) return { events };
    from = `(${next}`;
    count *= 2;
  }
  return next === undefined ? { events } : { events, next };
}

/** An entry was stored at the time in its id. Without `last` nothing can be in the range. */
function boundsOf({ sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER, fromPosition = "", toPosition = "" }: LogRange) {
  const since = `${Math.max(0, Math.ceil(sinceMs))}-0`;
  const until = `${Math.max(0, Math.floor(untilMs))}-${LARGEST_NUMBER}`;
  const first = isId(fromPosition) && compareIds(fromPosition, since) > 0 ? fromPosition : since;
  const last = isId(toPosition) && compareIds(toPosition, until) < 0 ? toPosition : until;
  return { first, last: untilMs < 0 || compareIds(first, last) > 0 ? undefined : last };
}

/**
 * Answers the id of the last entry: a script, so that the entry itself stays where it is. Every later id is greater than
 * all that were ever given, https://redis.io/docs/latest/commands/xadd/
 */
const LAST = defineScript(`
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return { last and last[1] or '0-0' }
`);

export async function lastPosition(store: RedisStore): Promise<string> {
  return textOf((await runOnLog(store, LAST, []))[0]);
}

/**
 * ARGV: group, time, then the number of state writes; the writes; for each entry its id and its key. Answers how many
 * were put back, or `!` and a collection where a version does not hold.
 *
 * What another broker of the group has not finished is not settled either, though there is no row for it.
 */
const REDELIVER = defineScript(`${LUA_GROUP}${LUA_STATE}
local firstId = 4 + 5 * ARGV[3]
local conflict = conflictOf(4, firstId - 1)
if conflict then return { '!' .. conflict } end
local ordered = redis.call('HGET', INFO, 'ordered') == '1'
local cursor = cursors()[GROUP]
local found = {}
for at = firstId, cursor and #ARGV or 0, 2 do
  local id = ARGV[at]
  local isSeen = pack(id) <= pack(cursor)
  local isPending = redis.call('HEXISTS', ENTRIES, pack(id)) == 1
    or #redis.call('XPENDING', STREAM, GROUP, id, id, 1) > 0
  if isSeen and not isPending and #redis.call('XRANGE', STREAM, id, id) > 0 then found[#found + 1] = at end
end
evenIfFull()
for _, at in ipairs(found) do
  local packed = pack(ARGV[at])
  exhume(packed)
  putBack(ARGV[at], packed, ARGV[at + 1], ordered)
end
writeState(4, firstId - 1)
return { integer(#found) }
`);

export async function redeliver(
  store: RedisStore,
  { subscription, positions, state = [] }: RedeliverParams,
): Promise<number> {
  const ids = [...new Set(positions.filter(isId))];
  const keyed = await Promise.all(ids.map((id) => keyOf(store, id)));
  const rows = keyed.flatMap((key, at) => (key === undefined ? [] : [ids[at] ?? "", key]));
  const args = [String(state.length), ...stateArguments(state), ...rows];
  const answer = textOf((await runOnGroup(store, REDELIVER, subscription, args))[0]);
  if (answer.startsWith("!")) throw stateConflict(answer.slice(1));
  return numberOf(answer);
}

/** The key by which its events are in order, or nothing; undefined where no event is there. */
async function keyOf(store: RedisStore, id: string): Promise<string | undefined> {
  const [reply] = listOf(await command(store, ["XRANGE", store.keys.stream, id, id], { bytes: true }));
  const read = reply === undefined ? undefined : readEntry(entryOf(reply), store.trackingId);
  return read?.ok ? orderKeyOf(store, read.value) : undefined;
}
