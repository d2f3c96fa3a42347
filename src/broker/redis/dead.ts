import type { RedisReply } from "../../redis/redis.ts";
import { defineScript } from "../../redis/script.ts";
import type { DeadLetter, ListDeadParams } from "../broker.ts";
import { type Entry, readEntry, standIn } from "./entry.ts";
import { CONSUMER, LUA_GROUP } from "./lua.ts";
import { numberOf, type RedisStore, runOnGroup, textOf } from "./store.ts";

/** ARGV: group, time, then the id after which to begin, or nothing; how many. Answers id, row and body of each. */
const LIST = defineScript(`${LUA_GROUP}
local from = ARGV[3] == '' and '-' or '(' .. pack(ARGV[3])
local answer = {}
for _, packed in ipairs(redis.call('ZRANGEBYLEX', DEAD_LOG, from, '+', 'LIMIT', 0, ARGV[4])) do
  local id = idOf(packed)
  local entry = redis.call('XRANGE', STREAM, id, id)[1]
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HGET', DEAD, packed)
  answer[#answer + 1] = entry and bodyOf(entry[2]) or false
end
return answer
`);

/** ARGV: group, time, then ids. Answers how many were dead. */
const REQUEUE = defineScript(`${LUA_GROUP}
local ordered = redis.call('HGET', INFO, 'ordered') == '1'
local count = 0
for at = 3, #ARGV do
  local id = ARGV[at]
  local packed = pack(id)
  local text = redis.call('HGET', DEAD, packed)
  if text then
    if count == 0 then evenIfFull() end
    count = count + 1
    local key = cjson.decode(text)[3]
    redis.call('HDEL', DEAD, packed)
    redis.call('ZREM', DEAD_LOG, packed)
    redis.call('ZREM', DIED, packed)
    endForward(packed)
    redis.call('HSET', ENTRIES, packed, row(0, '', 'w', NOW, key))
    redis.call('ZADD', DUE, NOW, packed)
    if ordered and key ~= '' then redis.call('ZADD', ORDER, 0, key .. packed) end
    redis.call('XCLAIM', STREAM, GROUP, '${CONSUMER}', 0, id, 'JUSTID', 'FORCE')
  end
end
return { count }
`);

const ID = /^\d{1,20}-\d{1,20}$/;

export async function listDead(store: RedisStore, params: ListDeadParams): Promise<readonly DeadLetter[]> {
  const { subscription, after = "", limit } = params;
  const from = ID.test(after) ? after : "";
  const rows = await runOnGroup(store, LIST, subscription, [from, String(limit)], { bytes: true });
  const letters: DeadLetter[] = [];
  for (let at = 0; at < rows.length; at += 3) {
    letters.push(toLetter(store, { id: textOf(rows[at]), body: rows[at + 2] }, rows[at + 1]));
  }
  return letters;
}

/** `row` is that of the dead letter. */
export function toLetter({ trackingId }: RedisStore, entry: Entry, row: RedisReply | undefined): DeadLetter {
  const [attempt, diedAtMs, , reason = "", detail] = readRow(textOf(row));
  const read = readEntry(entry, trackingId);
  const { event, recordedAtMs } = read.ok ? read.value : standIn(entry);
  return {
    position: entry.id,
    reason,
    detail,
    attempt: Number(attempt),
    diedAtMs: Number(diedAtMs),
    recordedAtMs,
    event,
  };
}

export async function requeueDead(
  store: RedisStore,
  subscription: string,
  positions: readonly string[],
): Promise<number> {
  const ids = positions.filter((position) => ID.test(position));
  if (ids.length === 0) return 0;
  const [count] = await runOnGroup(store, REQUEUE, subscription, ids);
  return numberOf(count);
}

/** As the scripts write it: attempt, time, key, reason, detail. */
function readRow(text: string): readonly string[] {
  const row: unknown = JSON.parse(text);
  return Array.isArray(row) ? row.map(String) : [];
}
