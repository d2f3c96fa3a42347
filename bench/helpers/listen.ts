import type { Server } from "node:http";

/** Listens on a free loopback port and answers which. */
export function listenOnLoopback(server: Server): Promise<{ readonly port: number }> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) done({ port: address.port });
      else fail(new Error("no port"));
    });
  });
}
