/**
 * Other events in the place of stored ones. An entry of a stream cannot be changed, so it is removed; where a group has not
 * finished with it, its new event is appended first, so that whatever ends this half done loses nothing.
 */
import { decodeAttributes } from "../../core/event.ts";
import { defineScript } from "../../redis/script.ts";
import type { NewEvent, Replacement } from "../broker.ts";
import type { Appender } from "./append.ts";
import { compareIds, isId } from "./ids.ts";
import { LUA_ANY_GROUP, LUA_LOG, LUA_TRIMS } from "./lua.ts";
import { numberOf, type RedisStore, runOnLog, textOf } from "./store.ts";

/** ARGV: ids. Answers one letter for each: o, a group has not finished with it; d, all have; \`-\`, there is none. */
const SURVEY = defineScript(`${LUA_LOG}
local given = cursors()
local letters = {}
for at, id in ipairs(ARGV) do
  local letter = #redis.call('XRANGE', STREAM, id, id) == 0 and '-' or 'd'
  for _, group in ipairs(letter == 'd' and redis.call('HKEYS', GROUPS) or {}) do
    local cursor = given[group]
    local isOpen = cursor and (pack(cursor) < pack(id) or #redis.call('XPENDING', STREAM, group, id, id, 1) > 0)
    if isOpen then letter = 'o' end
  end
  letters[at] = letter
end
return { table.concat(letters) }
`);

/**
 * ARGV: the time; ids. Answers how many there were. Removes the entries, and what every group of poolcast keeps of them;
 * of a dead letter only the key by which it was in order.
 */
const REMOVE = defineScript(`${LUA_LOG}${LUA_TRIMS}
local NOW = ARGV[1]
local function forget(GROUP, INFO, cursor, ids)
${LUA_ANY_GROUP}
  local freed, unseen = 0, 0
  for _, id in ipairs(ids) do
    local packed = pack(id)
    local text = redis.call('HGET', ENTRIES, packed)
    local dead = redis.call('HGET', DEAD, packed)
    if text then
      local _, _, state, _, key = readRow(text)
      redis.call('HDEL', ENTRIES, packed)
      redis.call('ZREM', DUE, packed)
      redis.call('ZREM', LEASES, packed)
      if state == 'b' then freed = freed + 1 end
      if redis.call('ZREM', ORDER, key .. packed) == 1 then freed = freed + freeNext(key) end
    end
    if dead then
      local letter = cjson.decode(dead)
      letter[3] = ''
      redis.call('HSET', DEAD, packed, cjson.encode(letter))
      endForward(packed)
    end
    if pack(cursor) < packed then unseen = unseen + 1 else redis.call('XACK', STREAM, GROUP, id) end
  end
  if freed > 0 then redis.call('HINCRBY', INFO, 'blocked', -freed) end
  -- What it will never be given counts as given.
  if unseen > 0 then redis.call('HINCRBY', INFO, 'seen', unseen) end
end

evenIfFull()
noticeTrims()
local ids = {}
for at = 2, #ARGV do
  if redis.call('XDEL', STREAM, ARGV[at]) == 1 then ids[#ids + 1] = ARGV[at] end
end
local given = cursors()
for _, group in ipairs(redis.call('HKEYS', GROUPS)) do
  if given[group] then forget(group, PREFIX .. 'group:' .. group .. ':info', given[group], ids) end
end
if #ids > 0 then
  redis.call('HINCRBY', LOG, 'removed', #ids)
  rememberFirst()
end
return { #ids }
`);

export async function replaceEvents(
  store: RedisStore,
  appender: Appender,
  replacements: readonly Replacement[],
): Promise<number> {
  const wanted = replacements
    .filter(({ position }) => isId(position))
    .toSorted((one, other) => compareIds(one.position, other.position));
  if (wanted.length === 0) return 0;
  const ids = wanted.map(({ position }) => position);
  const letters = textOf((await runOnLog(store, SURVEY, ids))[0]);
  const events = wanted.flatMap((one, at) => (letters[at] === "o" ? [copyOf(one)] : []));
  if (events.length > 0) await appender.append({ events });
  const [count] = await runOnLog(store, REMOVE, [String(store.clock()), ...ids]);
  return numberOf(count);
}

/** The key is of the old entry: one that was copied and not removed is not copied again. */
function copyOf({ position, partitionKey, event }: Replacement): NewEvent {
  return { dedupeKey: `replaced ${position}`, partitionKey, type: decodeAttributes(event).type, event };
}
