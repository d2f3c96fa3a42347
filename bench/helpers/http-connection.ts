/** One keep-alive connection over a bare socket: as little work as a client can do, so that the server is measured. */
import { connect } from "node:net";

export interface HttpConnection {
  send(request: Uint8Array): void;
  close(): void;
}

export interface HttpConnectionParts {
  readonly port: number;
  /** Called when an answer is complete; then the next request may be sent. */
  readonly onAnswer: (status: number) => void;
  readonly onError: (error: Error) => void;
}

export function openConnection({ port, onAnswer, onError }: HttpConnectionParts): Promise<HttpConnection> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  let received = "";
  let closed = false;
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
    if (!isComplete(received)) return;
    const status = Number(received.slice(9, 12));
    received = "";
    onAnswer(status);
  });
  socket.on("error", onError);
  socket.on("close", () => {
    if (!closed) onError(new Error("the server closed the connection"));
  });
  return new Promise((done) => {
    socket.once("connect", () =>
      done({
        send: (request) => void socket.write(request),
        close() {
          closed = true;
          socket.destroy();
        },
      }),
    );
  });
}

/** With one request under way at a time, nothing follows the answer. */
function isComplete(received: string): boolean {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(received);
  if (length) return received.length >= headEnd + 4 + Number(length[1]);
  return received.endsWith("\r\n0\r\n\r\n");
}
