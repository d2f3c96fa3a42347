import { defineScript } from "../../redis/script.ts";
import type { SettleParams, SettleVerdict } from "../broker.ts";
import { LUA_GROUP } from "./lua.ts";
import { type RedisStore, runOnGroup, textOf } from "./store.ts";

/**
 * ARGV: group, time, then for each settlement the id, the token, a letter, and two more: \`e\` it is over; \`w\` it waits
 * until the time given, 1 where the try counts; \`x\` it is dead, its reason and \`+\` before its detail, or nothing.
 *
 * Answers one letter for each: o or s. A token is good until the event is offered again, also after the lease ended.
 */
const SETTLE = defineScript(`${LUA_GROUP}
local ordered = redis.call('HGET', INFO, 'ordered') == '1'
local blocked = 0
local letters, over = {}, {}

local function freeNext(key)
  local first = firstOf(key)
  if not first then return end
  local packed = string.sub(first, #key + 1)
  local text = redis.call('HGET', ENTRIES, packed)
  local attempt, was, state, due = readRow(text)
  if state ~= 'b' then return end
  if attempt == 0 then due = NOW end
  blocked = blocked - 1
  redis.call('HSET', ENTRIES, packed, row(attempt, was, 'w', due, key))
  redis.call('ZADD', DUE, due, packed)
end

local packs = {}
for at = 3, #ARGV, 5 do packs[#packs + 1] = pack(ARGV[at]) end
local rows = {}
for at = 1, #packs, 1000 do
  local part = redis.call('HMGET', ENTRIES, unpack(packs, at, math.min(at + 999, #packs)))
  for offset, text in ipairs(part) do rows[at + offset - 1] = text end
end

-- A key goes on when what was before it is no longer anywhere.
local dropped, unleased, keys, settled = {}, {}, {}, {}
for number, packed in ipairs(packs) do
  local at = 5 * number - 2
  local letter, first, second = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local attempt, token, state, due, key
  if rows[number] and not settled[packed] then attempt, token, state, due, key = readRow(rows[number]) end
  if not token or token ~= ARGV[at + 1] then
    letters[number] = 's'
  else
    if #unleased == 0 then evenIfFull() end
    letters[number] = 'o'
    settled[packed] = true
    unleased[#unleased + 1] = packed
    if state == 'b' then blocked = blocked - 1 end
    if letter == 'w' then
      if second ~= '1' then attempt = attempt - 1 end
      redis.call('HSET', ENTRIES, packed, row(attempt, '', 'w', first, key))
      redis.call('ZADD', DUE, first, packed)
    else
      dropped[#dropped + 1] = packed
      over[#over + 1] = ARGV[at]
      if letter == 'x' then
        bury(packed, attempt, key, first, second ~= '' and string.sub(second, 2) or nil)
      end
      if ordered and key ~= '' then
        redis.call('ZREM', ORDER, key .. packed)
        keys[#keys + 1] = key
      end
    end
  end
end
each('ZREM', LEASES, unleased)
each('HDEL', ENTRIES, dropped)
for _, key in ipairs(keys) do freeNext(key) end
for at = 1, #over, 1000 do
  redis.call('XACK', STREAM, GROUP, unpack(over, at, math.min(at + 999, #over)))
end
if blocked ~= 0 then redis.call('HINCRBY', INFO, 'blocked', blocked) end
return { table.concat(letters) }
`);

/** `<id of the entry>.<token of the claim>` */
const TOKEN = /^(\d{1,20}-\d{1,20})\.([0-9a-z]+)$/;

export function tokenOf(id: string, claim: string): string {
  return `${id}.${claim}`;
}

export async function settle(
  store: RedisStore,
  { subscription, settlements }: SettleParams,
): Promise<readonly ("ok" | "stale")[]> {
  const readable = settlements.map((one) => ({ ...one, match: TOKEN.exec(one.token) }));
  const args = readable.flatMap(({ match, verdict }) => {
    const [, id, claim] = match ?? [];
    return id === undefined || claim === undefined ? [] : [id, claim, ...argumentsOf(verdict, store.clock())];
  });
  if (args.length === 0) return settlements.map(() => "stale");
  const [answer] = await runOnGroup(store, SETTLE, subscription, args);
  const letters = textOf(answer);
  let at = 0;
  return readable.map(({ match }) => (match && letters[at++] === "o" ? "ok" : "stale"));
}

function argumentsOf(verdict: SettleVerdict, nowMs: number): readonly [string, string, string] {
  switch (verdict.kind) {
    case "delivered":
    case "dropped":
      return ["e", "", ""];
    case "retry":
      return ["w", String(Math.ceil(verdict.atMs)), verdict.counts ? "1" : ""];
    case "release":
      return ["w", String(nowMs), ""];
    case "dead":
      return ["x", verdict.reason, verdict.detail === undefined ? "" : `+${verdict.detail}`];
  }
}
