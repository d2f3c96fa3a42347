/**
 * Appends. What arrives while earlier scripts are under way goes in the next one, which is atomic and answers each call
 * for itself. Calls that write state go alone, since a full Redis must refuse events and may not refuse state.
 */

import { toHex } from "../../core/hex.ts";
import { RedisFailure } from "../../redis/failure.ts";
import type { RedisArgument } from "../../redis/redis.ts";
import { defineScript } from "../../redis/script.ts";
import { type AppendOutcome, type AppendParams, brokerFailureCode } from "../broker.ts";
import { LUA_LOG, LUA_STATE } from "./lua.ts";
import { stateArguments, stateConflict } from "./state.ts";
import { type RedisStore, runOnLog, textOf } from "./store.ts";
import { onEpoch } from "./subscriptions.ts";

/** Of the SHA-256 of a dedupe key. */
const KEY_BYTES = 16;
const SHORTEST_BUCKET_MS = 3_600_000;
/** A window spans about as many buckets, each of which is asked. */
const BUCKETS_PER_WINDOW = 24;

/** A script holds everybody else up as long as it runs. A single call may be larger. */
const SCRIPT_EVENTS = 32;
const SCRIPT_BYTES = 4 * 1024 * 1024;
/** While one is on its way or running, the next is being filled. */
const SCRIPTS_UNDER_WAY = 4;

/**
 * ARGV: the time; the end of the bucket for new dedupe keys; when that bucket may go; a name for the log, should it have
 * none; the dedupe keys of all events in one, as bytes or as \`x\` and their hex; then for each call the number of state
 * writes and of events; the writes; the bytes of each event.
 *
 * Answers the name of the log, and for each call, with a space behind it, one letter an event: stored or duplicate. For
 * a call with a version that does not hold: \`!\` and the collection.
 *
 * Ids are made of our own time, so that retention and recorded time go by one clock. Where the stream is ahead of it,
 * because the clock was set back or because others write by the clock of Redis, the next id after the last is taken.
 */
const APPEND = defineScript(`${LUA_LOG}${LUA_STATE}
local now, bucket, name = ARGV[1], ARGV[2], ARGV[4]
local INDEX = PREFIX .. 'dedupe'
-- Where the writes, the events and the end of the call are that begins there.
local function partsOf(at)
  local events = at + 2 + 5 * ARGV[at]
  return at + 2, events, events + ARGV[at + 1] - 1
end
local keys, allKeys = {}, ARGV[5]
if #allKeys % ${KEY_BYTES} == 1 then
  allKeys = string.gsub(string.sub(allKeys, 2), '%x%x', function(byte) return string.char(tonumber(byte, 16)) end)
end
for from = 1, #allKeys, ${KEY_BYTES} do keys[#keys + 1] = string.sub(allKeys, from, from + ${KEY_BYTES - 1}) end
local known = {}
for _, one in ipairs(redis.call('ZRANGEBYSCORE', INDEX, '(' .. now, '+inf')) do
  for first = 1, #keys, 1000 do
    local last = math.min(first + 999, #keys)
    local found = redis.call('SMISMEMBER', INDEX .. ':' .. one, unpack(keys, first, last))
    for offset, is in ipairs(found) do
      if is == 1 then known[keys[first + offset - 1]] = true end
    end
  end
end
local epoch = redis.call('HGET', LOG, 'epoch')
local lastId = redis.call('HGET', LOG, 'last') or '0-0'
-- Of the next id, the first part as text, since numbers are written slowly.
local ms, seq
local function startBehind(id)
  local idMs, idSeq = string.match(id, '^(%d+)%-(%d+)$')
  if tonumber(idMs) < tonumber(now) then idMs, idSeq = now, -1 end
  ms, seq = idMs .. '-', idSeq + 1
end
startBehind(lastId)

local fresh, outcomes = {}, {}
local at, nextKey = 6, 1
while at <= #ARGV do
  local writes, events, last = partsOf(at)
  local conflict = writes < events and conflictOf(writes, events - 1)
  if conflict then
    outcomes[#outcomes + 1] = '!' .. conflict
    nextKey = nextKey + last - events + 1
  else
    local freshBefore = #fresh
    for event = events, last do
      local key = keys[nextKey]
      nextKey = nextKey + 1
      if known[key] then
        outcomes[#outcomes + 1] = 'd'
      else
        local id = ms .. (seq < 1e14 and seq or integer(seq))
        local answer = redis.pcall('XADD', STREAM, id, 'ce', ARGV[event])
        if answer == id then
          seq = seq + 1
        else
          -- The stream is ahead, or its last number is too large for ours. Any other reason refuses this one too.
          id = redis.call('XADD', STREAM, '*', 'ce', ARGV[event])
          startBehind(id)
        end
        lastId = id
        known[key] = true
        fresh[#fresh + 1] = key
        outcomes[#outcomes + 1] = 's'
      end
    end
    if writes < events and #fresh == freshBefore then evenIfFull() end
    writeState(writes, events - 1)
  end
  outcomes[#outcomes + 1] = ' '
  at = last + 1
end
if #fresh > 0 then
  each('SADD', INDEX .. ':' .. bucket, fresh)
  redis.call('ZADD', INDEX, ARGV[3], bucket)
  redis.call('HSET', LOG, 'last', lastId)
  if not epoch then
    redis.call('HSET', LOG, 'epoch', name)
    epoch = name
  end
end
return { epoch or '', table.concat(outcomes) }
`);

interface Call extends AppendParams {
  readonly resolve: (outcomes: readonly AppendOutcome[]) => void;
  readonly reject: (failure: unknown) => void;
}

export interface Appender {
  append(params: AppendParams): Promise<readonly AppendOutcome[]>;
  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void>;
}

export function createAppender(store: RedisStore): Appender {
  const waiting: Call[] = [];
  let running = 0;
  let scheduled = false;
  let onIdle: (() => void)[] = [];

  function pump(): void {
    scheduled = false;
    while (running < SCRIPTS_UNDER_WAY && waiting.length > 0) {
      running += 1;
      run(store, waiting.splice(0, batchSize(waiting)))
        // What waits would be refused as well, and later than its sender likes to wait.
        .catch((failure) => {
          for (const { reject } of waiting.splice(0)) reject(failure);
        })
        .finally(() => {
          running -= 1;
          pump();
        });
    }
    if (running > 0) return;
    for (const done of onIdle) done();
    onIdle = [];
  }

  return {
    append(params) {
      return new Promise((resolve, reject) => {
        waiting.push({ ...params, resolve, reject });
        if (scheduled) return;
        scheduled = true;
        queueMicrotask(pump);
      });
    },
    idle: () => (waiting.length + running === 0 ? Promise.resolve() : new Promise((done) => void onIdle.push(done))),
  };
}

/** How many of the calls go in one script. */
function batchSize(calls: readonly Call[]): number {
  let events = 0;
  let bytes = 0;
  for (const [at, call] of calls.entries()) {
    if (hasState(call)) return Math.max(1, at);
    events += call.events.length;
    for (const { event } of call.events) bytes += event.bytes.length;
    if (events > SCRIPT_EVENTS || bytes > SCRIPT_BYTES) return Math.max(1, at);
  }
  return calls.length;
}

function hasState({ state = [] }: AppendParams): boolean {
  return state.length > 0;
}

/** Rejects where Redis is out of reach. */
async function run(store: RedisStore, calls: readonly Call[]): Promise<void> {
  try {
    const [epoch, outcomes] = await runOnLog(store, APPEND, argumentsOf(store, calls));
    onEpoch(store, textOf(epoch));
    const answers = textOf(outcomes).split(" ");
    for (const [at, call] of calls.entries()) settle(call, answers[at] ?? "");
  } catch (failure) {
    for (const { reject } of calls) reject(failure);
    if (brokerFailureCode(failure) === "broker_unavailable" && !isOfTheseAlone(failure)) throw failure;
  }
}

/** A script that is larger than the server or its API takes, say: it serves others. */
function isOfTheseAlone(failure: unknown): boolean {
  return failure instanceof Error && failure.cause instanceof RedisFailure && failure.cause.code === "rejected";
}

function argumentsOf(store: RedisStore, calls: readonly Call[]): RedisArgument[] {
  const { clock, limits, newToken, redis } = store;
  const nowMs = clock();
  const bucketMs = Math.max(SHORTEST_BUCKET_MS, Math.ceil(limits.dedupeWindowMs / BUCKETS_PER_WINDOW));
  const endMs = nowMs - (nowMs % bucketMs) + bucketMs;
  const untilMs = endMs + limits.dedupeWindowMs;
  const keys = dedupeKeys(store, calls);
  const args: RedisArgument[] = [String(nowMs), `${endMs}:${bucketMs}`, String(untilMs), newToken()];
  args.push(redis.wire === "rest" ? `x${toHex(keys)}` : keys);
  for (const { events, state = [] } of calls) {
    args.push(String(state.length), String(events.length));
    args.push(...stateArguments(state));
    for (const { event } of events) args.push(event.bytes);
  }
  return args;
}

function dedupeKeys({ sha256 }: RedisStore, calls: readonly Call[]): Uint8Array {
  const keys = new Uint8Array(KEY_BYTES * calls.reduce((sum, { events }) => sum + events.length, 0));
  let at = 0;
  for (const { events } of calls) {
    for (const { dedupeKey } of events) {
      keys.set(sha256(dedupeKey).subarray(0, KEY_BYTES), at);
      at += KEY_BYTES;
    }
  }
  return keys;
}

function settle({ resolve, reject }: Call, answer: string): void {
  if (answer.startsWith("!")) {
    reject(stateConflict(answer.slice(1)));
  } else {
    resolve(Array.from(answer, (letter) => (letter === "s" ? "stored" : "duplicate")));
  }
}
