import type { ConnectNode } from "../redis/node.ts";

/** Redis wherever its URL says: by this runtime's sockets, or by its `fetch`, for which more is loaded. */
export function connectRedis(connectSocket: ConnectNode): ConnectNode {
  return async (node, timeoutMs) => {
    if (!node.rest) return connectSocket(node, timeoutMs);
    const { connectRest } = await import("../redis/rest.ts");
    // Workers refuse a `fetch` that is called as somebody's method.
    return connectRest((url, init) => fetch(url, init))(node, timeoutMs);
  };
}
