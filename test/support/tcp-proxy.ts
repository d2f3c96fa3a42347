/** A TCP proxy that can swallow an answer: what was asked is done, and whoever asked never hears of it. */
import { connect, createServer, type Socket } from "node:net";
import { listenOnLoopback } from "./loopback.ts";

export interface TcpProxy {
  readonly port: number;
  /** When the other side answers a request that holds `text`, both connections are cut instead. */
  cutAnswerTo(text: string): void;
  cuts(): number;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let marker: string | undefined;
  let cuts = 0;

  const server = createServer((client) => {
    const target = connect(targetPort, "127.0.0.1");
    let isMarked = false;
    const end = () => {
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        open.delete(socket);
        end();
      });
    }
    client.on("data", (chunk) => {
      if (marker !== undefined && chunk.includes(marker)) {
        isMarked = true;
        marker = undefined;
      }
      target.write(chunk);
    });
    target.on("data", (chunk) => {
      if (isMarked) {
        cuts += 1;
        end();
      } else {
        client.write(chunk);
      }
    });
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    cutAnswerTo(text) {
      marker = text;
    },
    cuts: () => cuts,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
