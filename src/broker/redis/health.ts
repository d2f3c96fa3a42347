/** What a commit means on this Redis, and what could lose one. */
import { defineScript } from "../../redis/script.ts";
import { type BrokerHealth, brokerFailureCode } from "../broker.ts";
import { LUA_LOG } from "./lua.ts";
import { listOf, type RedisStore, runOnLog, textOf } from "./store.ts";

/** ARGV: the time; groups that are to be kept. Answers those of them that there are not. */
const CHECK = defineScript(`${LUA_LOG}
redis.call('HSET', LOG, 'checked', ARGV[1])
local given, missing = cursors(), {}
for at = 2, #ARGV do
  if not given[ARGV[at]] then missing[#missing + 1] = ARGV[at] end
end
return { redis.call('HGET', LOG, 'foreignTrims') or '0', unpack(missing) }
`);

interface Settings {
  /** Undefined where this user may not ask. */
  readonly appendonly?: string | undefined;
  readonly appendfsync?: string | undefined;
  readonly save?: string | undefined;
  readonly policy?: string | undefined;
}

export async function check(store: RedisStore): Promise<BrokerHealth> {
  const status = store.redis.status();
  const version = status.state === "ready" && status.version !== undefined ? ` ${status.version}` : "";
  const name = `Redis${version}`;
  try {
    const [trims, ...missing] = await runOnLog(store, CHECK, [String(store.clock()), ...store.keepGroups]);
    const settings = store.redis.wire === "rest" ? undefined : await readSettings(store);
    const warnings = [
      ...policyWarnings(settings ?? {}),
      ...trimWarnings(store, Number(textOf(trims))),
      ...missing.map(
        (group) => `the consumer group ${textOf(group)} of keepGroups does not exist, so nothing is kept for it`,
      ),
    ];
    return {
      writable: true,
      persistence: settings ? `${name}, ${persistenceOf(settings)}` : OF_THE_SERVICE,
      ...(warnings.length > 0 && { warnings }),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { writable: false, persistence: message, code: brokerFailureCode(error) };
  }
}

/** Upstash has neither CONFIG nor INFO among the commands it supports, and each would be paid for. */
const OF_THE_SERVICE = "Redis by its REST API: how durable a commit is, its service says, and poolcast cannot ask";

function persistenceOf({ appendonly, appendfsync, save }: Settings): string {
  if (appendonly === undefined) return "persistence unknown: this user may ask neither CONFIG GET nor INFO";
  if (appendonly === "yes") {
    if (appendfsync === "always") return "append-only file synced before each answer (appendfsync always)";
    if (appendfsync === "no") return "append-only file synced when the system likes to (appendfsync no)";
    if (appendfsync === "everysec") {
      return "append-only file synced every second (appendfsync everysec): a crash of the machine may lose that second";
    }
    return "append-only file on; how often it is synced is hidden from this user";
  }
  if (save === "") return "no append-only file and no snapshots: what was committed lasts as long as the server";
  return "no append-only file: a crash loses what came after the last snapshot";
}

function policyWarnings({ policy }: Settings): readonly string[] {
  if (!policy?.startsWith("allkeys-")) return [];
  return [`maxmemory-policy ${policy} may evict the whole stream when memory is short: set it to noeviction`];
}

function trimWarnings({ keys }: RedisStore, trims: number): readonly string[] {
  if (!(trims > 0)) return [];
  return [
    `somebody else removed entries from the stream ${keys.stream} (noticed ${trims} times): events may be lost; a TriggerMesh broker on it must run with stream-max-len 0`,
  ];
}

async function readSettings(store: RedisStore): Promise<Settings> {
  const [appendonly, appendfsync, save, policy] = await Promise.all(
    ["appendonly", "appendfsync", "save", "maxmemory-policy"].map((name) => configOf(store, name)),
  );
  if (appendonly !== undefined) return { appendonly, appendfsync, save, policy };
  const [persistence, memory] = await Promise.all([infoOf(store, "persistence"), infoOf(store, "memory")]);
  const enabled = /^aof_enabled:(\d)/m.exec(persistence)?.[1];
  return {
    ...(enabled !== undefined && { appendonly: enabled === "1" ? "yes" : "no" }),
    policy: /^maxmemory_policy:(\S+)/m.exec(memory)?.[1],
  };
}

/** One name a call: several are for Redis 7. */
async function configOf({ redis }: RedisStore, name: string): Promise<string | undefined> {
  const reply = await redis.command(["CONFIG", "GET", name]).catch(() => null);
  const value = listOf(reply)[1];
  return value === undefined ? undefined : textOf(value);
}

async function infoOf({ redis }: RedisStore, section: string): Promise<string> {
  return textOf(await redis.command(["INFO", section]).catch(() => ""));
}
