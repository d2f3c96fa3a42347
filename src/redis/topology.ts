/** Where a configuration says that Redis is: nodes to ask, and with which credentials. */
import type { RedisConnectionConfig } from "../config/config.ts";
import type { RedisNode } from "./node.ts";

export type Topology =
  /** One node; or any node of a cluster, which tells where the slot is. */
  | { readonly kind: "nodes"; readonly nodes: readonly RedisNode[] }
  /** The sentinels know where the primary is, and `primary` how to talk to it. */
  | {
      readonly kind: "sentinel";
      readonly name: string;
      readonly sentinels: readonly RedisNode[];
      readonly primary: Omit<RedisNode, "host" | "port">;
    };

const PORT = 6379;
const SENTINEL_PORT = 26_379;
const REST_PORTS = { http: 80, https: 443 } as const;

/** `username`, `password`, `database` and `tls` of the configuration win over what stands in a URL. */
export function topologyOf(config: RedisConnectionConfig): Topology {
  const { url, clusterUrls, sentinel, username, password, database, tls } = config;
  if (sentinel) {
    // Sentinels have credentials of their own, which only their URLs can tell.
    const sentinels = sentinel.urls.map((one) => readNode(one, { tls }, SENTINEL_PORT));
    const secure = sentinels.find((one) => one.tls)?.tls;
    return { kind: "sentinel", name: sentinel.name, sentinels, primary: { username, password, database, tls: secure } };
  }
  if (clusterUrls) {
    // A cluster has database 0 alone.
    const nodes = clusterUrls.map((one) => ({ ...readNode(one, { username, password, tls }, PORT), database: 0 }));
    return { kind: "nodes", nodes };
  }
  return { kind: "nodes", nodes: [readNode(url ?? "", { username, password, database, tls }, PORT)] };
}

/** Whether the URL is that of a REST API: `http://` or `https://`. */
export function isRest({ url }: Pick<RedisConnectionConfig, "url">): boolean {
  return url !== undefined && restOf(new URL(url)) !== undefined;
}

function restOf({ protocol }: URL): RedisNode["rest"] {
  return protocol === "https:" ? "https" : protocol === "http:" ? "http" : undefined;
}

type Given = Pick<RedisConnectionConfig, "username" | "password" | "database" | "tls">;

function readNode(text: string, given: Given, defaultPort: number): RedisNode {
  const url = new URL(text);
  const rest = restOf(url);
  const database = /^\/(\d+)$/.exec(url.pathname)?.[1];
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (rest ? REST_PORTS[rest] : defaultPort)),
    username: given.username ?? written(url.username),
    password: given.password ?? written(url.password),
    database: given.database ?? (database === undefined ? undefined : Number(database)),
    tls: given.tls ?? (url.protocol === "rediss:" ? { skipVerify: false } : undefined),
    ...(rest && { rest }),
  };
}

function written(part: string): string | undefined {
  return part === "" ? undefined : decodeURIComponent(part);
}
