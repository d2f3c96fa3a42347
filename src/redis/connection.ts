/**
 * Keeps one connection to the node that holds our key. When it is lost, when nothing is answered any more, or when the
 * node says that it is no longer the right one, the node is looked for anew, with growing pauses.
 */
import type { RedisConnectionConfig } from "../config/config.ts";
import type { Random } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type RetryPolicy, retryDelayMs } from "../core/retry.ts";
import { type Command, createOpenCommands } from "./commands.ts";
import { connectionFailure, notReady, RedisFailure } from "./failure.ts";
import { createImportingNode } from "./importing-node.ts";
import { locate, redirected } from "./locate.ts";
import { addressOf, type ConnectNode, type NodeConnection, type RedisNode } from "./node.ts";
import { createOutageLog } from "./outage-log.ts";
import type { CommandOptions, Redis, RedisArgument, RedisReply, RedisStatus } from "./redis.ts";
import { isRest, topologyOf } from "./topology.ts";

export interface RedisOptions {
  readonly config: RedisConnectionConfig;
  /** The key, or one of the keys of the slot, that commands will be about. */
  readonly key: string;
  readonly connect: ConnectNode;
  readonly random: Random;
  readonly log: Log;
  /** Where the configuration speaks of it, for the log. */
  readonly name: string;
  /** What a command may take, its wait for the connection included. Longer for a connection that blocks on purpose. */
  readonly timeoutMs?: number;
}

/** A connection that serves, or served. */
interface Link {
  readonly node: RedisNode;
  readonly connection: NodeConnection;
  answers: number;
}

const TIMEOUT_MS = 800;
/** A first request is a name lookup, two handshakes and a way to another region; a script's hash and its text are two. */
const REST_TIMEOUT_MS = 2000;
/** Of the timeout, for each step of the search: what waits for it should hear why it failed. */
const STEP_SHARE = 0.85;
const RECONNECT: RetryPolicy = {
  retry: Number.POSITIVE_INFINITY,
  backoffPolicy: "exponential",
  backoffDelayMs: 100,
  backoffMaxMs: 3000,
  maxAgeMs: Number.POSITIVE_INFINITY,
};
/** A connection that lived so long was a good one: the pauses begin anew. */
const STABLE_MS = 5000;

/** Returns at once; the search for the node begins. */
export function openRedis(options: RedisOptions): Redis {
  const wire = isRest(options.config) ? "rest" : "resp";
  const { key, connect, random, timeoutMs = wire === "rest" ? REST_TIMEOUT_MS : TIMEOUT_MS } = options;
  const stepTimeoutMs = timeoutMs * STEP_SHARE;
  const topology = topologyOf(options.config);
  const outages = createOutageLog(options.log, options.name);
  const importing = createImportingNode(connect, stepTimeoutMs);
  const listeners: ((status: RedisStatus) => void)[] = [];
  const commands = createOpenCommands(timeoutMs, onOverdue);
  /** Where commands were sent, and how much had been answered there by then. */
  const sent = new WeakMap<Command, { readonly link: Link; readonly answersBefore: number }>();
  const waiting: Command[] = [];
  let status: RedisStatus = { state: "connecting" };
  let link: Link | undefined;
  /** Searches in vain, and connections that did not last, since the last good one. */
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let stable: ReturnType<typeof setTimeout> | undefined;

  void search();

  return {
    wire,
    command: submit,
    async eval(script, keys, args, commandOptions) {
      const rest = [String(keys.length), ...keys, ...args];
      try {
        return await submit(["EVALSHA", await script.sha1, ...rest], commandOptions);
      } catch (error) {
        if (!(error instanceof RedisFailure) || error.reply !== "NOSCRIPT") throw error;
        return submit(["EVAL", script.text, ...rest], commandOptions);
      }
    },
    status: () => status,
    onStatus: (listener) => void listeners.push(listener),
    close,
  };

  function submit(args: readonly RedisArgument[], commandOptions?: CommandOptions): Promise<RedisReply> {
    const command = commands.add(args, commandOptions);
    dispatch(command);
    return command.reply;
  }

  function dispatch(command: Command): void {
    if (status.state === "ready" && link) transmit(command, link);
    else if (status.state === "down") command.reject(status.failure);
    else if (status.state === "closed") command.reject(notReady("the connection is closed"));
    else waiting.push(command);
  }

  function transmit(command: Command, to: Link): void {
    sent.set(command, { link: to, answersBefore: to.answers });
    to.connection.send(command.args, command.options).then(
      (reply) => {
        to.answers += 1;
        command.resolve(reply);
      },
      (error) => {
        const failure = connectionFailure(error);
        if (failure.reply !== "") to.answers += 1;
        onFailure(command, to, failure);
      },
    );
  }

  function onFailure(command: Command, from: Link, failure: RedisFailure): void {
    const { redirect, reply } = failure;
    const isMisplaced = redirect?.kind === "MOVED" || reply === "READONLY";
    if (isMisplaced || reply === "NOAUTH") retire(from, failure);
    // What was not executed can be asked of the right node, once that is found.
    if (redirect?.kind === "ASK") importing.ask(command, redirected(from.node, redirect));
    else if (isMisplaced && command.isOpen()) dispatch(command);
    else command.reject(failure);
  }

  function onOverdue(command: Command, failure: RedisFailure): void {
    const last = sent.get(command);
    // Slow is one thing; where not a single answer came since, the other side is gone or stands still.
    if (last && last.answersBefore === last.link.answers) lose(last.link, failure);
  }

  function lose(from: Link, failure: RedisFailure): void {
    if (from !== link) return;
    leave(failure);
    from.connection.destroy();
  }

  /** Nothing more is sent there; what is under way may still be answered. */
  function retire(from: Link, failure: RedisFailure): void {
    if (from !== link) return;
    leave(failure, failure.redirect && redirected(from.node, failure.redirect));
    setTimeout(() => from.connection.destroy(), timeoutMs);
  }

  function leave(failure: RedisFailure, preferred?: RedisNode): void {
    link = undefined;
    clearTimeout(stable);
    importing.forget();
    if (status.state === "closed") return;
    if (!failure.redirect) outages.lost(failure);
    failures += 1;
    // After a good connection the first look is taken at once, and commands wait for it. One that does not last must
    // not make this a circle without a pause.
    if (failures > 1) {
      pause(failure, preferred);
    } else {
      setStatus({ state: "connecting" });
      void search(preferred);
    }
  }

  async function search(preferred?: RedisNode): Promise<void> {
    try {
      const found = await locate({ topology, key, connect, timeoutMs: stepTimeoutMs, preferred });
      if (status.state === "closed") return found.connection.destroy();
      const opened: Link = { node: found.node, connection: found.connection, answers: 0 };
      link = opened;
      opened.connection.onLost((cause) => lose(opened, connectionFailure(cause)));
      stable = setTimeout(onStable, STABLE_MS);
      const address = addressOf(found.node);
      outages.back(address);
      setStatus({ state: "ready", address, version: found.version });
      for (const command of waiting.splice(0)) dispatch(command);
    } catch (error) {
      if (status.state === "closed") return;
      const failure = connectionFailure(error);
      outages.lost(failure);
      failures += 1;
      pause(failure);
    }
  }

  function onStable(): void {
    failures = 0;
    outages.over();
  }

  function pause(failure: RedisFailure, preferred?: RedisNode): void {
    setStatus({ state: "down", failure });
    for (const command of waiting.splice(0)) command.reject(failure);
    retry = setTimeout(() => void search(preferred), retryDelayMs(RECONNECT, failures, random));
  }

  async function close(): Promise<void> {
    if (status.state === "closed") return;
    clearTimeout(retry);
    clearTimeout(stable);
    setStatus({ state: "closed" });
    for (const command of waiting.splice(0)) command.reject(notReady("the connection is closed"));
    await commands.drained();
    importing.forget();
    link?.connection.destroy();
    link = undefined;
  }

  function setStatus(next: RedisStatus): void {
    status = next;
    for (const listener of listeners) listener(next);
  }
}
