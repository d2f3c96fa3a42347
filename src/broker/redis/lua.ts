/**
 * What the scripts have in common. A script is atomic, but what it wrote is not undone when it fails later: each one
 * reads all it needs before its first write, so that a key of a wrong type stops it before it has changed anything.
 *
 * Scripts whose work must go on when the memory limit is reached begin with a write that needs no memory: Redis asks
 * about the limit at the first write of a script, and only if that one may need memory.
 * https://github.com/redis/redis/blob/7.0/src/script.c (scriptVerifyOOM); 6.2 has the same in scripting.c.
 */

/** In the group, all of poolcast is one consumer: who holds an event is told by its lease. */
export const CONSUMER = "poolcast";

/** KEYS: the stream, the log hash. */
const LOG = `
local STREAM, LOG = KEYS[1], KEYS[2]
local PREFIX = string.sub(LOG, 1, -4)
local GROUPS = PREFIX .. 'groups'

-- Of the same length, or of another first letter: as texts they are in the order of the numbers.
local packedMs, packedFirst
local function pack(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  -- Neighbours are often of one millisecond.
  if ms ~= packedMs then packedMs, packedFirst = ms, string.char(96 + #ms) .. ms end
  return packedFirst .. string.char(96 + #seq) .. seq
end
local function idOf(packed)
  local ms, seq = string.match(packed, '^%l(%d+)%l(%d+)$')
  return ms .. '-' .. seq
end
local function integer(number)
  return string.format('%.0f', number)
end
local function evenIfFull()
  redis.call('HDEL', LOG, '')
end
-- Lua puts so many values on its stack at most that long lists go in parts. An even number, for pairs.
local function each(command, key, list)
  for at = 1, #list, 1000 do
    redis.call(command, key, unpack(list, at, math.min(at + 999, #list)))
  end
end
-- The last id that each consumer group was given, by name.
local function cursors()
  local found = {}
  if redis.call('EXISTS', STREAM) == 0 then return found end
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', STREAM)) do
    local fields = {}
    for at = 1, #group, 2 do fields[group[at]] = group[at + 1] end
    found[fields.name] = fields['last-delivered-id']
  end
  return found
end
local function bodyOf(fields)
  for at = 1, #fields, 2 do
    if fields[at] == 'ce' then return fields[at + 1] end
  end
  return 0
end
local function isBehind(cursor)
  return #redis.call('XRANGE', STREAM, '(' .. cursor, '+', 'COUNT', 1) > 0
end
-- Of all events that ever were in the stream, as far as poolcast has seen them go.
local function total()
  return redis.call('XLEN', STREAM) + tonumber(redis.call('HGET', LOG, 'removed') or '0')
end
-- Events never looked at. Others may have removed some.
local function lagOf(seen)
  return math.max(0, total() - tonumber(seen or '0'))
end
`;

/**
 * KEYS: as before, and the group's info hash. ARGV: the group, the time.
 *
 * `entries` has a row for each unsettled event: attempt, token, state (leased, waiting, blocked), due time, when it was
 * put back or nothing, key. A leased or waiting one stands in `leases` or `due` by that time. `order` has them by key,
 * then position, as long as the subscription is ordered. `forwards` has a row for each dead letter that is to be sent
 * somewhere else: tries, token, note; it stands in `forward-due` by the time of its next try, or the end of its lease.
 */
const THIS_GROUP = `
local GROUP, NOW = ARGV[1], ARGV[2]
local INFO = KEYS[3]
`;

const GROUP = `
local OWN = string.sub(INFO, 1, -5)
local ENTRIES, DUE, LEASES, ORDER = OWN .. 'entries', OWN .. 'due', OWN .. 'leases', OWN .. 'order'
local DEAD, DEAD_LOG, DIED = OWN .. 'dead', OWN .. 'dead-log', OWN .. 'died'
local FORWARDS, FORWARD_DUE = OWN .. 'forwards', OWN .. 'forward-due'

local function row(attempt, token, state, due, key, putBack)
  return integer(attempt) .. '|' .. token .. '|' .. state .. '|' .. due .. '|' .. (putBack or '') .. '|' .. key
end
-- Whether the row is under the token, without reading all of it, and its state.
local function stateUnder(text, mark)
  local at = string.find(text, '|', 1, true)
  if string.find(text, mark, at, true) ~= at then return nil end
  return string.sub(text, at + #mark, at + #mark)
end
local function readRow(text)
  local attempt, token, state, due, putBack, key =
    string.match(text, '^(%d+)|([^|]*)|(%l)|(%-?%d+)|(%d*)|(.*)$')
  return tonumber(attempt), token, state, due, key, putBack
end
-- Makes a dead letter; what stands of the event elsewhere is for the caller to remove.
local function bury(packed, attempt, key, reason, detail)
  redis.call('HSET', DEAD, packed, cjson.encode({ integer(attempt), NOW, key, reason, detail }))
  redis.call('ZADD', DEAD_LOG, 0, packed)
  redis.call('ZADD', DIED, NOW, packed)
end
local function forward(packed, note)
  redis.call('HSET', FORWARDS, packed, '0||' .. note)
  redis.call('ZADD', FORWARD_DUE, NOW, packed)
end
local function endForward(packed)
  redis.call('HDEL', FORWARDS, packed)
  redis.call('ZREM', FORWARD_DUE, packed)
end
-- Ends a dead letter, if it is one.
local function exhume(packed)
  redis.call('HDEL', DEAD, packed)
  redis.call('ZREM', DEAD_LOG, packed)
  redis.call('ZREM', DIED, packed)
  endForward(packed)
end
-- Makes an event due at once, as if it had never been tried.
local function putBack(id, packed, key, ordered)
  redis.call('HSET', ENTRIES, packed, row(0, '', 'w', NOW, key, NOW))
  redis.call('ZADD', DUE, NOW, packed)
  if ordered and key ~= '' then redis.call('ZADD', ORDER, 0, key .. packed) end
  redis.call('XCLAIM', STREAM, GROUP, '${CONSUMER}', 0, id, 'JUSTID', 'FORCE')
end
-- The first unsettled event of a key.
local function firstOf(key)
  return redis.call('ZRANGEBYLEX', ORDER, '[' .. key, '(' .. key .. '{', 'LIMIT', 0, 1)[1]
end
-- Lets it go, if it was held back. Answers how many were.
local function freeNext(key)
  local first = firstOf(key)
  if not first then return 0 end
  local packed = string.sub(first, #key + 1)
  local text = redis.call('HGET', ENTRIES, packed)
  local attempt, was, state, due, _, putBackAt = readRow(text)
  if state ~= 'b' then return 0 end
  if attempt == 0 then due = NOW end
  redis.call('HSET', ENTRIES, packed, row(attempt, was, 'w', due, key, putBackAt))
  redis.call('ZADD', DUE, due, packed)
  return 1
end
`;

/**
 * Entries leave the front of the stream by our own purges, which note the first that is left. Where another one stands
 * there, somebody else has removed entries.
 */
const TRIMS = `
local function firstId()
  local entry = redis.call('XRANGE', STREAM, '-', '+', 'COUNT', 1)[1]
  return entry and entry[1] or ''
end
local function rememberFirst()
  redis.call('HSET', LOG, 'first', firstId())
end
local function noticeTrims()
  local stored, first = redis.call('HGET', LOG, 'first'), firstId()
  if stored == first or (not stored and first == '') then return end
  evenIfFull()
  redis.call('HSET', LOG, 'first', first)
  if not stored or stored == '' or (first ~= '' and pack(first) < pack(stored)) then return end
  redis.call('HINCRBY', LOG, 'foreignTrims', 1)
  local given = cursors()
  for _, group in ipairs(redis.call('HKEYS', GROUPS)) do
    local cursor = given[group]
    if cursor and (first == '' or pack(cursor) < pack(first)) then
      -- All that is left is unseen.
      local seen = redis.call('HGET', LOG, 'removed') or '0'
      redis.call('HSET', PREFIX .. 'group:' .. group .. ':info', 'seen', seen)
    end
  end
end
`;

/**
 * State writes among the arguments: of each its collection, key, version or nothing, 1 to delete, value. The bounds are
 * the places of the first and the last argument.
 */
const STATE = `
-- The collection of the first write whose version does not hold.
local function conflictOf(first, last)
  for write = first, last, 5 do
    local stored = redis.call('HGET', PREFIX .. 'state:' .. ARGV[write], ARGV[write + 1])
    local version = stored and string.match(stored, '^%d+') or '0'
    if ARGV[write + 2] ~= '' and ARGV[write + 2] ~= version then return ARGV[write] end
  end
end
local function writeState(first, last)
  for write = first, last, 5 do
    local hash, key = PREFIX .. 'state:' .. ARGV[write], ARGV[write + 1]
    if ARGV[write + 3] == '1' then
      redis.call('HDEL', hash, key)
    else
      local stored = redis.call('HGET', hash, key)
      local version = stored and tonumber(string.match(stored, '^%d+')) or 0
      redis.call('HSET', hash, key, integer(version + 1) .. ':' .. ARGV[write + 4])
    end
  end
end
`;

export const LUA_LOG = LOG;
/** To be put behind one of the others. */
export const LUA_TRIMS = TRIMS;
export const LUA_STATE = STATE;
export const LUA_GROUP = LOG + THIS_GROUP + GROUP;
/** The same of any group, for a function that knows `GROUP`, `INFO` and `NOW`. */
export const LUA_ANY_GROUP = GROUP;
