/** Dead letters that are to be sent somewhere else. */
import { defineScript } from "../../redis/script.ts";
import type { ClaimForwardsParams, Forward, SettleForwardsParams } from "../broker.ts";
import { toLetter } from "./dead.ts";
import { LUA_GROUP } from "./lua.ts";
import { TOKEN, tokenOf } from "./settle.ts";
import { numberOf, type RedisStore, runOnGroup, textOf } from "./store.ts";

/** Bytes of events after which one answer is full. */
const BUDGET_BYTES = 2 * 1024 * 1024;

/**
 * ARGV: group, time, then how many; until when to lease; the token. Answers id, dead row, body, number of the try and note
 * of each. What is no dead letter any more, or whose entry is gone, is not forwarded.
 */
const CLAIM = defineScript(`${LUA_GROUP}
local limit, untilMs, token = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local answer, bytes = {}, 0
local due = redis.call('ZRANGEBYSCORE', FORWARD_DUE, '-inf', NOW, 'LIMIT', 0, limit)
if #due > 0 then evenIfFull() end
for _, packed in ipairs(due) do
  if bytes >= ${BUDGET_BYTES} then break end
  local dead, text = redis.call('HGET', DEAD, packed), redis.call('HGET', FORWARDS, packed)
  local id = idOf(packed)
  local entry = dead and text and redis.call('XRANGE', STREAM, id, id)[1]
  local body = entry and bodyOf(entry[2])
  if type(body) ~= 'string' then
    endForward(packed)
  else
    local tries, _, note = string.match(text, '^(%d+)|([^|]*)|(.*)$')
    redis.call('HSET', FORWARDS, packed, integer(tries + 1) .. '|' .. token .. '|' .. note)
    redis.call('ZADD', FORWARD_DUE, untilMs, packed)
    bytes = bytes + #body
    for _, value in ipairs({ id, dead, body, integer(tries + 1), note }) do answer[#answer + 1] = value end
  end
end
return answer
`);

/** ARGV: group, time, then of each its id, its token, and \`d\` and nothing, or \`w\` and its next time, 1 where the try counts. */
const SETTLE = defineScript(`${LUA_GROUP}
local letters = {}
for at = 3, #ARGV, 5 do
  local packed = pack(ARGV[at])
  local text = redis.call('HGET', FORWARDS, packed)
  local tries, token, note = string.match(text or '', '^(%d+)|([^|]*)|(.*)$')
  if token ~= ARGV[at + 1] or redis.call('HEXISTS', DEAD, packed) == 0 then
    letters[#letters + 1] = 's'
  else
    if not string.find(table.concat(letters), 'o', 1, true) then evenIfFull() end
    letters[#letters + 1] = 'o'
    if ARGV[at + 2] == 'd' then
      endForward(packed)
    else
      if ARGV[at + 4] ~= '1' then tries = tries - 1 end
      redis.call('HSET', FORWARDS, packed, integer(tries) .. '||' .. note)
      redis.call('ZADD', FORWARD_DUE, ARGV[at + 3], packed)
    end
  end
end
return { table.concat(letters) }
`);

/** ARGV: group, time. Answers nothing, or the time. */
const NEXT_DUE = defineScript(`${LUA_GROUP}
local first = redis.call('ZRANGE', FORWARD_DUE, 0, 0, 'WITHSCORES')[2]
if not first then return {} end
return { tonumber(first) <= tonumber(NOW) and '0' or integer(tonumber(first)) }
`);

const COLUMNS = 5;

export async function claimForwards(
  store: RedisStore,
  { subscription, limit, leaseMs }: ClaimForwardsParams,
): Promise<readonly Forward[]> {
  if (limit < 1) return [];
  const token = store.newToken();
  const args = [String(limit), String(Math.ceil(store.clock() + Math.max(1, leaseMs))), token];
  const rows = await runOnGroup(store, CLAIM, subscription, args, { bytes: true });
  const forwards: Forward[] = [];
  for (let at = 0; at < rows.length; at += COLUMNS) {
    const [id, dead, body, tries, note] = rows.slice(at, at + COLUMNS);
    const entry = { id: textOf(id), body };
    const letter = toLetter(store, entry, dead);
    forwards.push({ ...letter, token: tokenOf(entry.id, token), tries: numberOf(tries), note: textOf(note) });
  }
  return forwards;
}

export async function settleForwards(
  store: RedisStore,
  { subscription, settlements }: SettleForwardsParams,
): Promise<readonly ("ok" | "stale")[]> {
  const outcomes = settlements.map((): "ok" | "stale" => "stale");
  const args: string[] = [];
  const places: number[] = [];
  for (const [place, { token, verdict }] of settlements.entries()) {
    const [, id, claim] = TOKEN.exec(token) ?? [];
    if (id === undefined || claim === undefined) continue;
    const atMs = verdict.kind === "retry" ? Math.ceil(verdict.atMs) : store.clock();
    const counts = verdict.kind === "retry" && verdict.counts;
    args.push(id, claim, ...(verdict.kind === "done" ? ["d", "", ""] : ["w", String(atMs), counts ? "1" : ""]));
    places.push(place);
  }
  if (args.length === 0) return outcomes;
  const [answer] = await runOnGroup(store, SETTLE, subscription, args);
  for (const [at, letter] of Array.from(textOf(answer)).entries()) {
    const place = places[at];
    if (letter === "o" && place !== undefined) outcomes[place] = "ok";
  }
  return outcomes;
}

export async function nextForwardDueAt(store: RedisStore, subscription: string): Promise<number | null> {
  const [due] = await runOnGroup(store, NEXT_DUE, subscription, []);
  return due === undefined ? null : numberOf(due);
}
