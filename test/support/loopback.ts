/** Ports of this machine, for servers that only tests reach. */
import { createServer, type Server } from "node:net";

/** Listens on a free port of 127.0.0.1, and answers which. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      server.off("error", fail);
      done();
    });
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}

/** A port up to `highest` on which nobody listens now. */
export async function freePort(highest = 65_535): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await listenOnLoopback(server);
    await new Promise((done) => server.close(done));
    if (port <= highest) return port;
  }
}
