import type { RedisReply } from "../../redis/redis.ts";
import { defineScript } from "../../redis/script.ts";
import type { DeadLetter, ListDeadParams } from "../broker.ts";
import { type Entry, readEntry, standIn } from "./entry.ts";
import { isId } from "./ids.ts";
import { LUA_GROUP } from "./lua.ts";
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

/** ARGV: group, time, then an id. Answers the same of it, or nothing. */
const GET = defineScript(`${LUA_GROUP}
local text = redis.call('HGET', DEAD, pack(ARGV[3]))
if not text then return {} end
local entry = redis.call('XRANGE', STREAM, ARGV[3], ARGV[3])[1]
return { ARGV[3], text, entry and bodyOf(entry[2]) or false }
`);

/** ARGV: group, time, then 1 to put them back, 0 to end them; ids. Answers how many were dead. */
const END = defineScript(`${LUA_GROUP}
local ordered = redis.call('HGET', INFO, 'ordered') == '1'
local count = 0
for at = 4, #ARGV do
  local packed = pack(ARGV[at])
  local text = redis.call('HGET', DEAD, packed)
  if text then
    if count == 0 then evenIfFull() end
    count = count + 1
    exhume(packed)
    if ARGV[3] == '1' then putBack(ARGV[at], packed, cjson.decode(text)[3], ordered) end
  end
end
return { count }
`);

export async function listDead(store: RedisStore, params: ListDeadParams): Promise<readonly DeadLetter[]> {
  const { subscription, after = "", limit } = params;
  const from = isId(after) ? after : "";
  const rows = await runOnGroup(store, LIST, subscription, [from, String(limit)], { bytes: true });
  return lettersOf(store, rows);
}

export async function getDead(store: RedisStore, subscription: string, position: string): Promise<DeadLetter | null> {
  if (!isId(position)) return null;
  const rows = await runOnGroup(store, GET, subscription, [position], { bytes: true });
  return lettersOf(store, rows)[0] ?? null;
}

function lettersOf(store: RedisStore, rows: readonly RedisReply[]): readonly DeadLetter[] {
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

/** Answers how many of them were dead. */
export async function endDead(
  store: RedisStore,
  subscription: string,
  { positions, requeue }: { readonly positions: readonly string[]; readonly requeue: boolean },
): Promise<number> {
  const ids = positions.filter(isId);
  if (ids.length === 0) return 0;
  const [count] = await runOnGroup(store, END, subscription, [requeue ? "1" : "0", ...ids]);
  return numberOf(count);
}

/** As the scripts write it: attempt, time, key, reason, detail. */
function readRow(text: string): readonly string[] {
  const row: unknown = JSON.parse(text);
  return Array.isArray(row) ? row.map(String) : [];
}
