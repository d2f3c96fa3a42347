import { defineScript } from "../../redis/script.ts";
import type { BrokerStats } from "../broker.ts";
import { LUA_GROUP, LUA_LOG, LUA_TRIMS } from "./lua.ts";
import { numberOf, type RedisStore, runOnGroup, runOnLog, textOf } from "./store.ts";
import { onEpoch } from "./subscriptions.ts";

/**
 * ARGV: the time; the prefix of this gateway's groups. Answers the name of the log, the number of entries and of foreign
 * trims; then name, unsettled, leased, dead and to be forwarded of each group. All of them are counts that Redis has at hand.
 */
const STATS = defineScript(`${LUA_LOG}${LUA_TRIMS}
noticeTrims()
local answer = {
  redis.call('HGET', LOG, 'epoch') or '',
  redis.call('XLEN', STREAM),
  redis.call('HGET', LOG, 'foreignTrims') or '0',
}
local owners = redis.call('HGETALL', GROUPS)
for at = 1, #owners, 2 do
  if owners[at + 1] == ARGV[2] then
    local own = PREFIX .. 'group:' .. owners[at] .. ':'
    answer[#answer + 1] = owners[at]
    answer[#answer + 1] = lagOf(redis.call('HGET', own .. 'info', 'seen')) + redis.call('HLEN', own .. 'entries')
    answer[#answer + 1] = redis.call('ZCOUNT', own .. 'leases', '(' .. ARGV[1], '+inf')
    answer[#answer + 1] = redis.call('ZCARD', own .. 'dead-log')
    answer[#answer + 1] = redis.call('ZCARD', own .. 'forward-due')
  end
end
return answer
`);

/** ARGV: group, time. Answers nothing, or the time. */
const NEXT_DUE = defineScript(`${LUA_GROUP}
local cursor = cursors()[GROUP]
if not cursor then return {} end
local isStuck = tonumber(redis.call('HGET', INFO, 'blocked') or '0') >= tonumber(ARGV[3])
if not isStuck and isBehind(cursor) then return { '0' } end
local least
for _, set in ipairs({ DUE, LEASES }) do
  local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
  if first and (not least or tonumber(first) < least) then least = tonumber(first) end
end
if not least then return {} end
return { least <= tonumber(NOW) and '0' or integer(least) }
`);

export async function stats(store: RedisStore): Promise<BrokerStats> {
  const args = [String(store.clock()), store.group];
  const [[epoch, events, foreignTrims, ...counts], bytes] = await Promise.all([
    runOnLog(store, STATS, args),
    bytesOf(store),
  ]);
  onEpoch(store, textOf(epoch));
  const subscriptions = [];
  for (let at = 0; at < counts.length; at += 5) {
    subscriptions.push({
      subscription: textOf(counts[at]).slice(store.group.length + 1),
      pending: numberOf(counts[at + 1]),
      leased: numberOf(counts[at + 2]),
      dead: numberOf(counts[at + 3]),
      forwards: numberOf(counts[at + 4]),
    });
  }
  subscriptions.sort((a, b) => (a.subscription < b.subscription ? -1 : 1));
  return { events: numberOf(events), bytes, subscriptions, foreignTrims: numberOf(foreignTrims) };
}

/**
 * In samples of its nodes, so that the size of the stream does not matter. 0 where this user may not ask, and by REST,
 * where it is paid for and not among the commands that Upstash has.
 */
async function bytesOf({ redis, keys }: RedisStore): Promise<number> {
  if (redis.wire === "rest") return 0;
  return numberOf(await redis.command(["MEMORY", "USAGE", keys.stream]).catch(() => 0));
}

export async function nextDueAt(store: RedisStore, subscription: string, blockedLimit: number): Promise<number | null> {
  const [due] = await runOnGroup(store, NEXT_DUE, subscription, [String(blockedLimit)]);
  return due === undefined ? null : numberOf(due);
}
