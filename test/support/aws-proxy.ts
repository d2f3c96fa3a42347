/** An HTTPS proxy behind which every host of AWS is a server of the test: what a process is given to believe it asks AWS. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { AnswerAws } from "../suites/gateway/runtime.ts";
import { listenOnLoopback } from "./loopback.ts";
import { makeSelfSigned } from "./self-signed.ts";

export interface AwsProxy {
  /** For Node and Deno alike: to use the proxy, and to trust the server behind it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Passes connections to `host` alone. */
export async function startAwsProxy(host: string, answer: AnswerAws): Promise<AwsProxy> {
  const { key, cert } = makeSelfSigned(host);
  const directory = mkdtempSync(join(tmpdir(), "poolcast-aws-"));
  const trusted = join(directory, "aws.pem");
  writeFileSync(trusted, cert);
  const aws = createTlsServer({ key, cert }, (request, response) => {
    const { status, body } = answer(`https://${request.headers.host}${request.url}`);
    response.writeHead(status, { connection: "close" }).end(body);
  });
  const proxy = createServer();
  const tunnels = new Set<Duplex>();
  proxy.on("connect", ({ url }, socket) => {
    // The server forgets a connection that it handed over.
    tunnels.add(socket);
    socket.once("close", () => tunnels.delete(socket));
    socket.on("error", () => {});
    if (url !== `${host}:443`) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const behind = connect(awsPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.pipe(behind).pipe(socket);
    });
    behind.on("error", () => socket.destroy());
  });
  const [awsPort, proxyPort] = [await listenOnLoopback(aws), await listenOnLoopback(proxy)];
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
      NO_PROXY: "127.0.0.1,localhost",
      NODE_USE_ENV_PROXY: "1",
      NODE_EXTRA_CA_CERTS: trusted,
      DENO_CERT: trusted,
    },
    async close() {
      for (const tunnel of tunnels) tunnel.destroy();
      for (const server of [aws, proxy]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
