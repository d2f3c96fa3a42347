import type { Command } from "./commands.ts";
import { connectionFailure } from "./failure.ts";
import { addressOf, type ConnectNode, type NodeConnection, type RedisNode } from "./node.ts";

export interface ImportingNode {
  /** Asks `node` for what the owner of the slot says it has moved already. */
  ask(command: Command, node: RedisNode): void;
  forget(): void;
}

/**
 * While a slot moves, its owner sends single commands to the node that will have it.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#ask-redirection
 */
export function createImportingNode(connect: ConnectNode, timeoutMs: number): ImportingNode {
  let last: { readonly address: string; readonly connection: Promise<NodeConnection> } | undefined;

  function forget(): void {
    last?.connection.then((connection) => connection.destroy()).catch(() => {});
    last = undefined;
  }

  async function send(command: Command, node: RedisNode): Promise<void> {
    const address = addressOf(node);
    if (last?.address !== address) {
      forget();
      last = { address, connection: connect(node, timeoutMs) };
    }
    try {
      const connection = await last.connection;
      const [, reply] = await Promise.all([
        connection.send(["ASKING"]),
        connection.send(command.args, command.options),
      ]);
      command.resolve(reply);
    } catch (error) {
      const failure = connectionFailure(error);
      if (failure.reply === "") forget();
      command.reject(failure);
    }
  }

  return { ask: (command, node) => void send(command, node), forget };
}
