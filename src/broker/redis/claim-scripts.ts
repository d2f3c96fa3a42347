/**
 * A claim: what is due is leased, then of the events that were read and judged before what nobody took in between. New
 * events are never handed out unjudged, so that one script can see to the order by key, and a miss costs nothing but a
 * step of the cursor.
 */
import { defineScript } from "../../redis/script.ts";
import { CONSUMER, LUA_GROUP } from "./lua.ts";

/** Events held back by their keys at most; beyond it a subscription waits for the first of them. */
export const BLOCKED_LIMIT = 10_000;

/**
 * ARGV: group, time, then how many to lease; until when; the token; 1 where ordered by key; bytes of due events after
 * which it is enough, 0 for none of them; the id behind which the judged events begin; one letter for each of these, in
 * log order: `m` a miss; `h` a hit; `k` a hit that has a key; `d` what is no event; then their ids; the same packed; then
 * for each k its key and for each d what is wrong with it.
 *
 * Answers the name of the log; the group's cursor, empty where there is no such group; 1 where more is due, and then
 * nothing new was taken; one letter for each judged event: `o` offered, `b` held back by its key, `m` and `d` as given, `-`
 * taken by somebody else; 1 where there is more behind the cursor; `id attempt time` of each due event, the time when it was
 * put back, or `-`; then their bodies: 0 for an entry without `ce`, null for one that is gone. Judged events for which there
 * is no room are left as if they had not been seen, and have no letter; so are all of them where the group has gone back, or
 * the first of them is gone.
 */
export const CLAIM = defineScript(`${LUA_GROUP}
local room, untilMs, token, ordered, budget = tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local start, judged = ARGV[8], ARGV[9]
local epoch = redis.call('HGET', LOG, 'epoch') or ''
local cursor = cursors()[GROUP]
if not cursor then return { epoch, '', 0, '', 0, '' } end

local function switchOrdering()
  local all, members, due, kept = redis.call('HGETALL', ENTRIES), {}, {}, {}
  for at = 1, #all, 2 do
    local attempt, was, state, dueAt, key, putBackAt = readRow(all[at + 1])
    if ordered == '1' and key ~= '' then
      members[#members + 1] = 0
      members[#members + 1] = key .. all[at]
    elseif ordered == '0' and state == 'b' then
      due[#due + 1] = dueAt
      due[#due + 1] = all[at]
      kept[#kept + 1] = all[at]
      kept[#kept + 1] = row(attempt, was, 'w', dueAt, key, putBackAt)
    end
  end
  evenIfFull()
  redis.call('UNLINK', ORDER)
  each('ZADD', ORDER, members)
  each('ZADD', DUE, due)
  each('HSET', ENTRIES, kept)
  redis.call('HSET', INFO, 'ordered', ordered, 'blocked', 0)
end
if (redis.call('HGET', INFO, 'ordered') or '0') ~= ordered then switchOrdering() end

-- The longest due of both sets, in log order where they are due alike.
local function dueNow(count)
  local found = {}
  for _, set in ipairs({ DUE, LEASES }) do
    local page = redis.call('ZRANGEBYSCORE', set, '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, count)
    for at = 1, #page, 2 do found[#found + 1] = { page[at], tonumber(page[at + 1]), page[at + 1], set } end
  end
  table.sort(found, function(a, b)
    if a[2] ~= b[2] then return a[2] < b[2] end
    return a[1] < b[1]
  end)
  for at = #found, count + 1, -1 do found[at] = nil end
  return found
end

local due, bytes, held = {}, 0, 0
local function offer(packed, dueAt, set)
  local text = redis.call('HGET', ENTRIES, packed)
  redis.call('ZREM', set, packed)
  if not text then return end
  local attempt, was, _, _, key, putBackAt = readRow(text)
  if ordered == '1' and key ~= '' and firstOf(key) ~= key .. packed then
    redis.call('HSET', ENTRIES, packed, row(attempt, was, 'b', dueAt, key, putBackAt))
    held = held + 1
    return
  end
  local id = idOf(packed)
  redis.call('HSET', ENTRIES, packed, row(attempt + 1, token, 'l', untilMs, key, putBackAt))
  redis.call('ZADD', LEASES, untilMs, packed)
  local entry = redis.call('XRANGE', STREAM, id, id)[1]
  local body = entry and bodyOf(entry[2]) or false
  if type(body) == 'string' then bytes = bytes + #body end
  due[#due + 1] = { packed, id .. ' ' .. integer(attempt + 1) .. ' ' .. (putBackAt == '' and '-' or putBackAt), body }
end
local isMoreDue = budget > 0
while #due < room and bytes < budget do
  local page = dueNow(room - #due)
  isMoreDue = #page > 0
  if not isMoreDue then break end
  evenIfFull()
  for _, one in ipairs(page) do
    if bytes < budget then offer(one[1], one[3], one[4]) end
  end
end
if held > 0 then redis.call('HINCRBY', INFO, 'blocked', held) end
isMoreDue = isMoreDue and #dueNow(1) > 0
room = room - #due

local blocked = tonumber(redis.call('HGET', INFO, 'blocked') or '0')
local seen = tonumber(redis.call('HGET', INFO, 'seen') or '0')
local letters, claimed, rows, leases, order, dead, taken = {}, {}, {}, {}, {}, {}, {}
local first = pack(cursor)
local last = first
local stuck = false
local leasedRow, blockedRow = row(1, token, 'l', untilMs, ''), row(0, '', 'b', 0, '')
local extraAt = 9 + 2 * #judged
if isMoreDue or (judged ~= '' and first < pack(start)) then judged = '' end
local nextEntry = judged ~= '' and redis.call('XRANGE', STREAM, '(' .. cursor, '+', 'COUNT', 1)[1]
for at = 1, #judged do
  local letter, id, packed, extra = string.sub(judged, at, at), ARGV[9 + at], ARGV[9 + #judged + at], ''
  if letter == 'k' or letter == 'd' then
    extraAt = extraAt + 1
    extra = ARGV[extraAt]
  end
  if packed <= last then
    letters[at] = '-'
  else
    -- What was read a while ago may have been trimmed, as always from the front.
    if last == first and not (nextEntry and nextEntry[1] == id) then break end
    if letter == 'h' or letter == 'k' then
      local isKeyed = ordered == '1' and extra ~= ''
      if isKeyed and (taken[extra] or firstOf(extra)) then
        stuck = blocked >= ${BLOCKED_LIMIT}
        letter = 'b'
      else
        letter = 'o'
      end
      if stuck or (letter == 'o' and room == 0) then break end
      local count = #rows
      rows[count + 1] = packed
      if letter == 'b' then
        blocked = blocked + 1
        rows[count + 2] = blockedRow .. extra
      else
        room = room - 1
        rows[count + 2] = leasedRow .. extra
        count = #leases
        leases[count + 1] = untilMs
        leases[count + 2] = packed
      end
      if isKeyed then
        taken[extra] = true
        order[#order + 1] = 0
        order[#order + 1] = extra .. packed
      end
      claimed[#claimed + 1] = id
    elseif letter == 'd' then
      dead[#dead + 1] = { packed, extra }
    end
    last, cursor = packed, id
    seen = seen + 1
    letters[at] = letter
  end
end
local behind = isBehind(cursor)
if last ~= first then
  evenIfFull()
  redis.call('XGROUP', 'SETID', STREAM, GROUP, cursor)
  for at = 1, #claimed, 1000 do
    local ids = { unpack(claimed, at, math.min(at + 999, #claimed)) }
    ids[#ids + 1] = 'JUSTID'
    ids[#ids + 1] = 'FORCE'
    redis.call('XCLAIM', STREAM, GROUP, '${CONSUMER}', 0, unpack(ids))
  end
  each('HSET', ENTRIES, rows)
  each('ZADD', LEASES, leases)
  each('ZADD', ORDER, order)
  for _, one in ipairs(dead) do bury(one[1], 1, '', 'invalid_event', one[2]) end
  -- Where others removed entries, counting them went wrong; at the end of the log it comes right.
  if not behind then seen = total() end
  redis.call('HSET', INFO, 'cursor', cursor, 'seen', integer(seen), 'blocked', blocked)
end
table.sort(due, function(a, b) return a[1] < b[1] end)
local names = {}
local answer = { epoch, cursor, isMoreDue and 1 or 0, table.concat(letters), behind and not stuck and 1 or 0, '' }
for at, one in ipairs(due) do
  names[at] = one[2]
  answer[at + 6] = one[3]
end
answer[6] = table.concat(names, ' ')
return answer
`);
