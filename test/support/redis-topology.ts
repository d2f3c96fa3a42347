/** Real clusters and a real Sentinel, as few servers as it takes. */
import { type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";
import { waitUntil } from "./wait.ts";

const SLOTS = 16_384;

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly urls: readonly string[];
  /** The node that serves the slot of a key. */
  ownerOf(key: string): Promise<RedisServer>;
  /** Begins to move the slot of a key: its owner sends for what it does not have to `target`. */
  beginMove(key: string, target: RedisServer): Promise<void>;
  finishMove(key: string, target: RedisServer): Promise<void>;
  remove(): Promise<void>;
}

/** Three primaries that share the slots. */
export async function startRedisCluster(options: RedisServerOptions = {}): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  for (let at = 0; at < 3; at++) nodes.push(await startRedisServer({ ...options, cluster: true }));
  const [first, ...others] = nodes;
  if (!first) throw new Error("no node");
  for (const [at, node] of nodes.entries()) {
    const from = Math.floor((at * SLOTS) / nodes.length);
    const to = Math.floor(((at + 1) * SLOTS) / nodes.length);
    await node.command("CLUSTER", "ADDSLOTS", ...Array.from({ length: to - from }, (_, slot) => from + slot));
    // Else two nodes may begin with the same epoch, and take a second to agree who has which.
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", at + 1);
  }
  for (const node of others) await first.command("CLUSTER", "MEET", "127.0.0.1", node.port);
  const isWhole = async (node: RedisServer) => {
    const info = String(await node.command("CLUSTER", "INFO"));
    return info.includes("cluster_state:ok") && info.includes(`cluster_slots_ok:${SLOTS}`);
  };
  await waitUntil(
    async () => (await Promise.all(nodes.map(isWhole))).every(Boolean),
    "all nodes know where all slots are",
  );

  const slotOf = async (key: string) => Number(await first.command("CLUSTER", "KEYSLOT", key));
  const idOf = async (node: RedisServer) => String(await node.command("CLUSTER", "MYID"));

  async function ownerOf(key: string): Promise<RedisServer> {
    for (const node of nodes) {
      const served = await node.command("EXISTS", key).then(
        () => true,
        // It sends away for what has moved already, and is the owner until all of it has.
        ({ message }: Error) => message.startsWith("ASK "),
      );
      if (served) return node;
    }
    throw new Error(`no node serves ${key}`);
  }

  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    ownerOf,
    async beginMove(key, target) {
      const [slot, owner] = [await slotOf(key), await ownerOf(key)];
      await target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", await idOf(owner));
      await owner.command("CLUSTER", "SETSLOT", slot, "MIGRATING", await idOf(target));
    },
    async finishMove(key, target) {
      const [slot, owner] = [await slotOf(key), await ownerOf(key)];
      const keys = (await owner.command("CLUSTER", "GETKEYSINSLOT", slot, 1000)) as string[];
      for (const one of keys) await owner.command("MIGRATE", "127.0.0.1", target.port, one, 0, 5000);
      const id = await idOf(target);
      for (const node of [target, ...nodes.filter((one) => one !== target)]) {
        await node.command("CLUSTER", "SETSLOT", slot, "NODE", id);
      }
    },
    async remove() {
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
}

export interface RedisWithSentinel {
  readonly name: string;
  readonly sentinelUrl: string;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  /** The replica has everything that the primary has. */
  waitForSync(): Promise<void>;
  remove(): Promise<void>;
}

/** One primary, one replica, one sentinel that is quick to promote it. */
export async function startRedisWithSentinel(options: RedisServerOptions = {}): Promise<RedisWithSentinel> {
  const name = "events-primary";
  const primary = await startRedisServer(options);
  const replica = await startRedisServer({ ...options, replicaof: primary.port });
  const synced = async () => {
    const info = String(await primary.command("INFO", "replication"));
    const [, primaryOffset] = /master_repl_offset:(\d+)/.exec(info) ?? [];
    const [, replicaOffset] = /slave0:.*state=online,offset=(\d+)/.exec(info) ?? [];
    return primaryOffset !== undefined && primaryOffset === replicaOffset;
  };
  await waitUntil(synced, "the replica is in sync");
  const { requirepass } = options;
  const sentinel = await startRedisServer({
    sentinel: true,
    config: [
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${name} 600`,
      `sentinel failover-timeout ${name} 3000`,
      ...(requirepass === undefined ? [] : [`sentinel auth-pass ${name} ${requirepass}`]),
    ],
  });
  const knowsReplica = async () =>
    ((await sentinel.command("SENTINEL", "REPLICAS", name)) as readonly string[][]).length === 1;
  await waitUntil(knowsReplica, "the sentinel knows the replica");
  return {
    name,
    sentinelUrl: sentinel.url,
    primary,
    replica,
    sentinel,
    waitForSync: () => waitUntil(synced, "the replica is in sync"),
    async remove() {
      await Promise.all([sentinel, replica, primary].map((server) => server.remove()));
    },
  };
}
