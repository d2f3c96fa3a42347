/** A TCP server that answers HTTP requests as no HTTP server would. */
import { createServer, type Socket } from "node:net";
import { listenOnLoopback } from "./loopback.ts";

export interface RawServer {
  readonly port: number;
  readonly url: string;
  /** How many connections came in, and how many were open at once at most. */
  connections(): number;
  mostOpen(): number;
  /** How many are open now. */
  open(): number;
  close(): Promise<void>;
}

/** `behave` is called with each connection, and with the number of those before it. */
export async function startRawServer(behave: (socket: Socket, before: number) => void): Promise<RawServer> {
  const open = new Set<Socket>();
  let connections = 0;
  let mostOpen = 0;
  const server = createServer((socket) => {
    open.add(socket);
    mostOpen = Math.max(mostOpen, open.size);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
    behave(socket, connections++);
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    connections: () => connections,
    mostOpen: () => mostOpen,
    open: () => open.size,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** Calls back when a request has come in, as far as one packet tells. */
export function onRequest(socket: Socket, answer: () => void): void {
  socket.once("data", answer);
}

/** Writes on and on, no faster than it is read; answers how many bytes the other side took before it went away. */
export function pour(socket: Socket, chunk: Uint8Array): Promise<number> {
  return new Promise((done) => {
    socket.once("close", () => done(socket.bytesWritten - socket.writableLength));
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", write);
    write();
  });
}
