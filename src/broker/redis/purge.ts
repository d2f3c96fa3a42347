import { defineScript } from "../../redis/script.ts";
import { LUA_LOG, LUA_TRIMS } from "./lua.ts";
import { numberOf, type RedisStore, runOnLog, textOf } from "./store.ts";

/** Of each kind, in one call. */
const BATCH = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Whole nodes of the stream are let go of at little cost. */
const TRIM_BATCH = 10_000;

/**
 * ARGV: the time; the time before which an event is old; that before which a dead letter is; the id at which the last
 * call stopped, or nothing; the prefix of this gateway's groups; then groups of others whose entries are kept.
 *
 * Answers how many events and dead letters went, 1 where there is more to do, and the id at which it stopped.
 *
 * What every group has been given, and none has pending or dead, may go: as a whole up to the first that must stay, one
 * by one between those. The number of entries is never a reason (XTRIM MAXLEN would not ask who has read them).
 */
const PURGE = defineScript(`${LUA_LOG}${LUA_TRIMS}
local now, oldest, oldestDead, after, owner = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
noticeTrims()
local given = cursors()
local owners = {}
local pairsOfOwners = redis.call('HGETALL', GROUPS)
for at = 1, #pairsOfOwners, 2 do owners[pairsOfOwners[at]] = pairsOfOwners[at + 1] end
local more, deadCount = 0, 0
local function keyOf(group, name)
  return PREFIX .. 'group:' .. group .. ':' .. name
end

evenIfFull()
for group, its in pairs(owners) do
  if its == owner then
    local died = keyOf(group, 'died')
    local over = redis.call('ZRANGEBYSCORE', died, '-inf', '(' .. oldestDead, 'LIMIT', 0, ${BATCH})
    each('ZREM', died, over)
    each('ZREM', keyOf(group, 'dead-log'), over)
    each('HDEL', keyOf(group, 'dead'), over)
    each('ZREM', keyOf(group, 'forward-due'), over)
    each('HDEL', keyOf(group, 'forwards'), over)
    deadCount = deadCount + #over
    if #over == ${BATCH} then more = 1 end
  end
end
for _, bucket in ipairs(redis.call('ZRANGEBYSCORE', PREFIX .. 'dedupe', '-inf', now)) do
  redis.call('UNLINK', PREFIX .. 'dedupe:' .. bucket)
  redis.call('ZREM', PREFIX .. 'dedupe', bucket)
end
if redis.call('EXISTS', STREAM) == 0 then return { 0, deadCount, more, '' } end

-- All ids before this one are old and were given to every group.
local function behindId(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  if #seq > 15 then return id end
  return ms .. '-' .. integer(tonumber(seq) + 1)
end
local limit = integer(math.max(0, tonumber(oldest))) .. '-0'
local groups = {}
for group, its in pairs(owners) do
  if given[group] then
    groups[#groups + 1] = group
  elseif its == owner then
    -- One of ours is gone, and will be made anew: until then nobody knows what it has seen.
    return { 0, deadCount, more, '' }
  end
end
for at = 6, #ARGV do
  if given[ARGV[at]] and not owners[ARGV[at]] then groups[#groups + 1] = ARGV[at] end
end
local firstHeld
local function hold(id)
  if id and (not firstHeld or pack(id) < pack(firstHeld)) then firstHeld = id end
end
for _, group in ipairs(groups) do
  local behind = behindId(given[group])
  if pack(behind) < pack(limit) then limit = behind end
  hold(redis.call('XPENDING', STREAM, group)[2])
  local dead = redis.call('ZRANGE', keyOf(group, 'dead-log'), 0, 0)[1]
  hold(dead and idOf(dead))
end

local hasHeld = firstHeld and pack(firstHeld) < pack(limit)
local trimTo = hasHeld and firstHeld or limit
local removed = redis.call('XTRIM', STREAM, 'MINID', '~', trimTo, 'LIMIT', ${TRIM_BATCH})
if removed * 2 > ${TRIM_BATCH} then
  more = 1
else
  removed = removed + redis.call('XTRIM', STREAM, 'MINID', trimTo)
end

-- What a group has pending between two ids, or has among its dead letters.
local function markHeld(group, first, last, held)
  local from = first
  while true do
    local page = redis.call('XPENDING', STREAM, group, from, last, 1000)
    for _, one in ipairs(page) do held[one[1]] = true end
    if #page < 1000 then break end
    from = '(' .. page[#page][1]
  end
  local dead = redis.call('ZRANGEBYLEX', keyOf(group, 'dead-log'), '[' .. pack(first), '[' .. pack(last))
  for _, packed in ipairs(dead) do held[idOf(packed)] = true end
end

local stopped = ''
if hasHeld and more == 0 then
  local from = firstHeld
  if after ~= '' and pack(after) > pack(firstHeld) then from = after end
  local ids, bytes, isEnd = {}, 0, false
  while #ids < ${BATCH} and bytes < ${BATCH_BYTES} and not isEnd do
    local entries = redis.call('XRANGE', STREAM, '(' .. from, '(' .. limit, 'COUNT', 16)
    for _, entry in ipairs(entries) do
      local body = bodyOf(entry[2])
      if type(body) == 'string' then bytes = bytes + #body end
      ids[#ids + 1] = entry[1]
    end
    isEnd = #entries < 16
    if #ids > 0 then from = ids[#ids] end
  end
  if #ids > 0 then
    local held, free = {}, {}
    for _, group in ipairs(groups) do markHeld(group, ids[1], ids[#ids], held) end
    for _, id in ipairs(ids) do
      if not held[id] then free[#free + 1] = id end
    end
    each('XDEL', STREAM, free)
    removed = removed + #free
    if not isEnd then
      stopped = ids[#ids]
      more = 1
    end
  end
end
if removed > 0 then redis.call('HINCRBY', LOG, 'removed', removed) end
rememberFirst()
return { removed, deadCount, more, stopped }
`);

export interface Purger {
  purge(): Promise<{ readonly events: number; readonly deadLetters: number; readonly more: boolean }>;
}

export function createPurger(store: RedisStore): Purger {
  let after = "";
  return {
    async purge() {
      const nowMs = store.clock();
      const { retentionMs, deadRetentionMs } = store.limits;
      const times = [nowMs, nowMs - retentionMs, nowMs - deadRetentionMs].map(String);
      const [events, dead, more, stopped] = await runOnLog(store, PURGE, [
        ...times,
        after,
        store.group,
        ...store.keepGroups,
      ]);
      after = textOf(stopped);
      return { events: numberOf(events), deadLetters: numberOf(dead), more: more === 1 };
    },
  };
}
