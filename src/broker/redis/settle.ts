import { defineScript } from "../../redis/script.ts";
import type { SettleParams, SettleVerdict } from "../broker.ts";
import { packId } from "./ids.ts";
import { LUA_GROUP } from "./lua.ts";
import { type RedisStore, runOnGroup, textOf } from "./store.ts";

/**
 * ARGV: group, time, then for each lot of settlements that are alike the token, a letter, two more, how many they are,
 * their ids, and the same packed: \`e\` it is over; \`w\` it waits until the time given, 1 where the try counts; \`x\` it is
 * dead, its reason and \`+\` before its detail, or nothing; \`f\` it is dead and to be forwarded, its reason, and its detail
 * and the note as JSON.
 *
 * Answers one letter for each id: o or s. A token is good until the event is offered again, also after the lease ended.
 */
const SETTLE = defineScript(`${LUA_GROUP}
local ordered = redis.call('HGET', INFO, 'ordered') == '1'
local blocked = 0
local letters, over = {}, {}

local packs, ids, lots, marks = {}, {}, {}, {}
local lot = 3
while ARGV[lot] do
  local count = tonumber(ARGV[lot + 4])
  local firstId, before = lot + 4, #ids
  marks[lot] = '|' .. ARGV[lot] .. '|'
  for at = 1, count do
    ids[before + at] = ARGV[firstId + at]
    packs[before + at] = ARGV[firstId + count + at]
    lots[before + at] = lot
  end
  lot = lot + 5 + 2 * count
end
local rows = {}
for at = 1, #packs, 1000 do
  local part = redis.call('HMGET', ENTRIES, unpack(packs, at, math.min(at + 999, #packs)))
  for offset, text in ipairs(part) do rows[at + offset - 1] = text end
end

-- A key goes on when what was before it is no longer anywhere.
local dropped, unleased, keys = {}, {}, {}
for number, packed in ipairs(packs) do
  local lot = lots[number]
  local letter, first, second = ARGV[lot + 1], ARGV[lot + 2], ARGV[lot + 3]
  local state = rows[number] and stateUnder(rows[number], marks[lot])
  if not state then
    letters[number] = 's'
  else
    if #unleased == 0 then evenIfFull() end
    letters[number] = 'o'
    unleased[#unleased + 1] = packed
    if state == 'b' then blocked = blocked - 1 end
    local attempt, key, putBackAt, _
    if letter ~= 'e' or ordered then attempt, _, _, _, key, putBackAt = readRow(rows[number]) end
    if letter == 'w' then
      if second ~= '1' then attempt = attempt - 1 end
      redis.call('HSET', ENTRIES, packed, row(attempt, '', 'w', first, key, putBackAt))
      redis.call('ZADD', DUE, first, packed)
    else
      dropped[#dropped + 1] = packed
      over[#over + 1] = ids[number]
      if letter == 'x' then
        bury(packed, attempt, key, first, second ~= '' and string.sub(second, 2) or nil)
      elseif letter == 'f' then
        local told = cjson.decode(second)
        bury(packed, attempt, key, first, told.detail)
        forward(packed, told.note)
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
for _, key in ipairs(keys) do blocked = blocked - freeNext(key) end
for at = 1, #over, 1000 do
  redis.call('XACK', STREAM, GROUP, unpack(over, at, math.min(at + 999, #over)))
end
if blocked ~= 0 then redis.call('HINCRBY', INFO, 'blocked', blocked) end
return { table.concat(letters) }
`);

/** `<id of the entry>.<token of the claim>` */
export const TOKEN = /^(\d{1,20}-\d{1,20})\.([0-9a-z]+)$/;

export function tokenOf(id: string, claim: string): string {
  return `${id}.${claim}`;
}

export async function settle(
  store: RedisStore,
  { subscription, settlements }: SettleParams,
): Promise<readonly ("ok" | "stale")[]> {
  const lots = new Map<string, Lot>();
  const tokens = new Set<string>();
  for (const [at, { token, verdict }] of settlements.entries()) {
    const [, id, claim] = TOKEN.exec(token) ?? [];
    // Lots change the order, and of two settlements by one token the first counts.
    if (id === undefined || claim === undefined || tokens.has(token)) continue;
    tokens.add(token);
    const head = [claim, ...argumentsOf(verdict, store.clock())];
    const name = head.join("\n");
    const lot = lots.get(name) ?? { head, ids: [], places: [] };
    lots.set(name, lot);
    lot.ids.push(id);
    lot.places.push(at);
  }
  const outcomes = settlements.map((): "ok" | "stale" => "stale");
  if (lots.size === 0) return outcomes;
  const args = [...lots.values()].flatMap(({ head, ids }) => [...head, String(ids.length), ...ids, ...ids.map(packId)]);
  const [answer] = await runOnGroup(store, SETTLE, subscription, args);
  const places = [...lots.values()].flatMap((lot) => lot.places);
  for (const [at, letter] of Array.from(textOf(answer)).entries()) {
    const place = places[at];
    if (letter === "o" && place !== undefined) outcomes[place] = "ok";
  }
  return outcomes;
}

/** Settlements of one claim with the same verdict, which travel together. */
interface Lot {
  readonly head: readonly string[];
  readonly ids: string[];
  readonly places: number[];
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
      if (verdict.forward !== undefined) {
        return ["f", verdict.reason, JSON.stringify({ detail: verdict.detail, note: verdict.forward })];
      }
      return ["x", verdict.reason, verdict.detail === undefined ? "" : `+${verdict.detail}`];
  }
}
