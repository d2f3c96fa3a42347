import type { ConnectNode } from "../redis/node.ts";
import { withRest } from "../redis/rest.ts";

/** Redis wherever its URL says: by this runtime's sockets, or by its `fetch`, which asks to be called as a function. */
export function connectRedis(connectSocket: ConnectNode): ConnectNode {
  return withRest(connectSocket, (url, init) => fetch(url, init));
}
