/** The commands that have no answer yet, each with its deadline. */
import { notReady, type RedisFailure } from "./failure.ts";
import type { CommandOptions, RedisArgument, RedisReply } from "./redis.ts";

export interface Command {
  readonly args: readonly RedisArgument[];
  readonly options: CommandOptions | undefined;
  readonly reply: Promise<RedisReply>;
  isOpen(): boolean;
  /** The first of these two decides, whatever comes later. */
  resolve(reply: RedisReply): void;
  reject(failure: RedisFailure): void;
}

export interface OpenCommands {
  add(args: readonly RedisArgument[], options: CommandOptions | undefined): Command;
  /** Resolves when there is none. */
  drained(): Promise<void>;
}

/** Overdue commands are looked for so many times within the usual timeout: cheaper than a timer for each of them. */
const TICKS = 4;

/**
 * A command without an answer after its timeout, by default `timeoutMs`, or a quarter of that earlier, is rejected, and
 * `onOverdue` told.
 */
export function createOpenCommands(
  timeoutMs: number,
  onOverdue: (command: Command, failure: RedisFailure) => void,
): OpenCommands {
  const tickMs = timeoutMs / TICKS;
  const ticksLeft = new Map<Command, number>();
  let ticker: ReturnType<typeof setInterval> | undefined;
  const onDrained: (() => void)[] = [];

  function end(command: Command): boolean {
    if (!ticksLeft.delete(command)) return false;
    if (ticksLeft.size === 0) {
      clearInterval(ticker);
      ticker = undefined;
      for (const done of onDrained.splice(0)) done();
    }
    return true;
  }

  function tick(): void {
    for (const [command, left] of ticksLeft) {
      if (left > 1) {
        ticksLeft.set(command, left - 1);
        continue;
      }
      const patienceMs = command.options?.timeoutMs ?? timeoutMs;
      const failure = notReady(`no answer to ${String(command.args[0])} within ${patienceMs} ms`);
      command.reject(failure);
      onOverdue(command, failure);
    }
  }

  return {
    add(args, options) {
      const { promise, resolve, reject } = Promise.withResolvers<RedisReply>();
      const command: Command = {
        args,
        options,
        reply: promise,
        isOpen: () => ticksLeft.has(command),
        resolve: (reply) => end(command) && resolve(reply),
        reject: (failure) => end(command) && reject(failure),
      };
      ticksLeft.set(command, Math.ceil((options?.timeoutMs ?? timeoutMs) / tickMs));
      ticker ??= setInterval(tick, tickMs);
      return command;
    },
    drained: () => (ticksLeft.size === 0 ? Promise.resolve() : new Promise((done) => void onDrained.push(done))),
  };
}
