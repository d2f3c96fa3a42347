/**
 * Finds the node that holds a key, and proves that it can serve: connected, authenticated, not loading, and a primary
 * where it is not the slots of a cluster that decide.
 */
import { orAborted } from "../core/or-aborted.ts";
import { connectionFailure, notReady, type Redirect, type RedisFailure } from "./failure.ts";
import { addressOf, type ConnectNode, type NodeConnection, type RedisNode } from "./node.ts";
import type { RedisReply } from "./redis.ts";
import type { Topology } from "./topology.ts";

export interface LocateOptions {
  readonly topology: Topology;
  readonly key: string;
  readonly connect: ConnectNode;
  /** For each step: to connect, to be answered. */
  readonly timeoutMs: number;
  /** Asked first: where the slot is said to have gone. */
  readonly preferred?: RedisNode | undefined;
}

export interface Located {
  readonly node: RedisNode;
  readonly connection: NodeConnection;
  readonly version?: string | undefined;
}

/** From one node to the next, until one keeps the slot; a cluster that is being rearranged may contradict itself. */
const MOST_REDIRECTS = 5;

/** Rejects with the RedisFailure of the last node that was tried. */
export async function locate(options: LocateOptions): Promise<Located> {
  const { topology, preferred } = options;
  let failure: RedisFailure = notReady("no address is configured");
  if (preferred) {
    try {
      return await follow(preferred, options);
    } catch (error) {
      failure = connectionFailure(error);
    }
  }
  for (const node of topology.kind === "sentinel" ? topology.sentinels : topology.nodes) {
    try {
      return await follow(topology.kind === "sentinel" ? await primaryOf(node, topology, options) : node, options);
    } catch (error) {
      failure = connectionFailure(error);
    }
  }
  throw failure;
}

/** The address that a redirection names, with the credentials of the node that sent it. */
export function redirected(node: RedisNode, { host, port }: Redirect): RedisNode {
  return { ...node, host: host === "" ? node.host : host, port };
}

async function follow(start: RedisNode, options: LocateOptions): Promise<Located> {
  let node = start;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const connection = await options.connect(node, options.timeoutMs);
    try {
      return { node, connection, version: await probe(node, connection, options) };
    } catch (error) {
      connection.destroy();
      const failure = connectionFailure(error);
      if (failure.redirect?.kind !== "MOVED") throw failure;
      node = redirected(node, failure.redirect);
    }
  }
  throw notReady(`the cluster redirects on and on, lately to ${addressOf(node)}`);
}

/** Answers the version, where the server tells it. */
async function probe(
  { rest }: RedisNode,
  connection: NodeConnection,
  { key, timeoutMs }: LocateOptions,
): Promise<string | undefined> {
  // A request of a REST API is greeted by nobody.
  const hello = rest ? null : await ask(connection, ["HELLO", "2"], timeoutMs).catch(unlessServed);
  const { role, mode, version } = readHello(hello);
  if (role === "replica" && mode !== "cluster") throw notReady("READONLY: the server is a replica");
  // The command of the stream group that costs least: it tells of loading, of a lost primary, and of another owner.
  await ask(connection, ["XLEN", key], timeoutMs).catch(unlessServed);
  return version;
}

/** That a command is unknown, forbidden or of no use for this key says that the server serves. */
function unlessServed(error: unknown): null {
  const failure = connectionFailure(error);
  if (failure.code === "rejected" || failure.reply === "NOPERM") return null;
  throw failure;
}

/** https://redis.io/docs/latest/develop/clients/sentinel-spec/ */
async function primaryOf(
  sentinel: RedisNode,
  { name, primary }: Extract<Topology, { readonly kind: "sentinel" }>,
  { connect, timeoutMs }: LocateOptions,
): Promise<RedisNode> {
  const connection = await connect(sentinel, timeoutMs);
  try {
    const reply = await ask(connection, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name], timeoutMs);
    const [host, port] = Array.isArray(reply) ? reply : [];
    if (typeof host !== "string") throw notReady(`the sentinel ${addressOf(sentinel)} knows no primary of this name`);
    return { ...primary, host, port: Number(port) };
  } finally {
    connection.destroy();
  }
}

async function ask(connection: NodeConnection, args: readonly string[], timeoutMs: number): Promise<RedisReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await orAborted(connection.send(args), signal);
  } catch (error) {
    throw signal.aborted ? notReady(`no answer to ${args[0]} within ${timeoutMs} ms`) : error;
  }
}

/** A flat list of names and values. https://redis.io/docs/latest/commands/hello/ */
function readHello(reply: RedisReply): Readonly<Record<string, string>> {
  const list: readonly RedisReply[] = Array.isArray(reply) ? reply : [];
  const told: Record<string, string> = {};
  for (const name of ["role", "mode", "version"]) {
    const value = list[list.indexOf(name) + 1];
    if (list.includes(name) && typeof value === "string") told[name] = value;
  }
  return told;
}
