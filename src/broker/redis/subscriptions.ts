/** Subscriptions are consumer groups, and what to do when one is gone that should be there. */
import { defineScript } from "../../redis/script.ts";
import type { EnsureSubscriptionParams, RemoveSubscriptionParams } from "../broker.ts";
import { CONSUMER, LUA_GROUP, LUA_LOG } from "./lua.ts";
import { groupOf, numberOf, type RedisStore, runOnGroup, runOnLog, textOf } from "./store.ts";

/**
 * ARGV: group, time, then where a new group begins (\`0\` or \`$\`); the prefix of this gateway's groups; a name for the
 * log, should it have none; the name it had when the group was there, or nothing.
 *
 * Answers the name of the log and what was found: \`kept\`, \`made\`; \`removed\` where somebody ended the subscription;
 * \`lost\` where it should have been there, and begins again at its last cursor.
 */
const ENSURE = defineScript(`${LUA_GROUP}
local start, owner, name, expected = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local isKnown = redis.call('HEXISTS', GROUPS, GROUP) == 1
local epoch = redis.call('HGET', LOG, 'epoch')
local cursor = cursors()[GROUP]
local function noteWanted()
  redis.call('HSET', INFO, 'wanted', NOW)
end
if isKnown and cursor then
  if expected == '' then
    evenIfFull()
    noteWanted()
  end
  return { epoch or '', 'kept' }
end
if expected ~= '' and epoch == expected and not isKnown then return { epoch, 'removed' } end
evenIfFull()
if not epoch then
  epoch = name
  redis.call('HSET', LOG, 'epoch', name)
end
if cursor then
  -- Another broker's, which we share or take over. How far it has come is seen at the end of the log.
  redis.call('HSET', GROUPS, GROUP, owner)
  redis.call('HSET', INFO, 'cursor', cursor, 'seen', redis.call('HGET', LOG, 'removed') or '0')
  noteWanted()
  return { epoch, 'made' }
end
if isKnown then
  start = '0'
  local stored = redis.call('HGET', INFO, 'cursor')
  if stored and redis.call('EXISTS', STREAM) == 1 then
    local last = redis.call('XREVRANGE', STREAM, '+', '-', 'COUNT', 1)[1]
    if last and pack(stored) <= pack(last[1]) then start = stored end
  end
end
redis.call('XGROUP', 'CREATE', STREAM, GROUP, start, 'MKSTREAM')
redis.call('HSET', GROUPS, GROUP, owner)
if not isKnown or start == '0' then
  local seen = start == '$' and total() or redis.call('HGET', LOG, 'removed') or '0'
  redis.call('HSET', INFO, 'seen', seen, 'cursor', cursors()[GROUP])
end
noteWanted()
-- What is pending in the group is what nobody may trim.
for _, packed in ipairs(redis.call('HKEYS', ENTRIES)) do
  redis.call('XCLAIM', STREAM, GROUP, '${CONSUMER}', 0, idOf(packed), 'JUSTID', 'FORCE')
end
return { epoch, isKnown and 'lost' or 'made' }
`);

/** ARGV: group, time, then how long ago it must not have been wanted, or nothing. Answers how many events were dropped, and 1 where it was wanted. */
const REMOVE = defineScript(`${LUA_GROUP}
if redis.call('HEXISTS', GROUPS, GROUP) == 0 then return { 0 } end
local wanted = tonumber(redis.call('HGET', INFO, 'wanted') or '0')
if ARGV[3] ~= '' and tonumber(NOW) - wanted < tonumber(ARGV[3]) then return { 0, 1 } end
evenIfFull()
local dropped = redis.call('HLEN', ENTRIES)
local isThere = redis.call('EXISTS', STREAM) == 1
if isThere then
  dropped = dropped + lagOf(redis.call('HGET', INFO, 'seen'))
  redis.call('XGROUP', 'DESTROY', STREAM, GROUP)
end
redis.call('HDEL', GROUPS, GROUP)
redis.call('UNLINK', INFO, ENTRIES, DUE, LEASES, ORDER, DEAD, DEAD_LOG, DIED, FORWARDS, FORWARD_DUE)
return { dropped }
`);

/** ARGV: the time; then groups. */
const KEEP = defineScript(`${LUA_LOG}
evenIfFull()
for at = 2, #ARGV do
  if redis.call('HEXISTS', GROUPS, ARGV[at]) == 1 then
    redis.call('HSET', PREFIX .. 'group:' .. ARGV[at] .. ':info', 'wanted', ARGV[1])
  end
end
return {}
`);

/** ARGV: the prefix of this gateway's groups. Groups of others on the same stream are nobody's business here. */
const LIST = defineScript(`${LUA_LOG}
local names, all = {}, redis.call('HGETALL', GROUPS)
for at = 1, #all, 2 do
  if all[at + 1] == ARGV[1] then names[#names + 1] = all[at] end
end
return names
`);

export async function ensureSubscription(store: RedisStore, params: EnsureSubscriptionParams): Promise<void> {
  await ensure(store, params.subscription, params.start === "earliest" ? "0" : "$", "");
}

/** For a group that was not found. False where the subscription is over, or was never known here. */
export async function restoreSubscription(store: RedisStore, subscription: string): Promise<boolean> {
  const epoch = store.known.get(subscription);
  if (epoch === undefined) return false;
  // From the beginning, whatever its start was: all that is in a log that was emptied came after it.
  const found = await ensure(store, subscription, "0", epoch);
  if (found === "removed") store.known.delete(subscription);
  if (found === "lost") {
    store.notify({
      kind: "store_lost",
      id: `${epoch}:${subscription}:${store.clock()}`,
      reason: `the consumer group of the subscription ${subscription} was gone; it goes on where it had stopped`,
    });
  }
  return found !== "removed";
}

async function ensure(store: RedisStore, subscription: string, start: "0" | "$", expected: string): Promise<string> {
  const args = [start, store.group, store.newToken(), expected];
  const [epoch, found] = await runOnGroup(store, ENSURE, subscription, args);
  store.known.set(subscription, textOf(epoch));
  onEpoch(store, textOf(epoch));
  return textOf(found);
}

/** A log that has another name than it had is another log. */
export function onEpoch(store: RedisStore, epoch: string): void {
  if (epoch === "" || epoch === store.epoch) return;
  const isFirst = store.epoch === undefined;
  store.epoch = epoch;
  if (isFirst) return;
  store.notify({
    kind: "store_lost",
    id: epoch,
    reason: `the stream ${store.keys.stream} and what was kept beside it were gone; all begins anew`,
  });
}

export async function keepSubscriptions(store: RedisStore, subscriptions: readonly string[]): Promise<void> {
  const groups = subscriptions.map((subscription) => groupOf(store, subscription));
  if (groups.length > 0) await runOnLog(store, KEEP, [String(store.clock()), ...groups]);
}

export async function removeSubscription(
  store: RedisStore,
  { subscription, unlessKeptWithinMs }: RemoveSubscriptionParams,
): Promise<{ readonly dropped: number; readonly kept?: boolean }> {
  const within = unlessKeptWithinMs === undefined ? "" : String(unlessKeptWithinMs);
  const [dropped, kept] = await runOnGroup(store, REMOVE, subscription, [within]);
  if (kept === 1) return { dropped: 0, kept: true };
  store.known.delete(subscription);
  return { dropped: numberOf(dropped) };
}

export async function listSubscriptions(store: RedisStore): Promise<readonly string[]> {
  const names = await runOnLog(store, LIST, [store.group]);
  return names.map((name) => textOf(name).slice(store.group.length + 1)).sort();
}
