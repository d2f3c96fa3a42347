/** A redis-server of its own for a test: a free loopback port, a directory of its own, and the means to break it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { freePort } from "./loopback.ts";
import { makeSelfSigned, type SelfSigned } from "./self-signed.ts";

export interface RedisServerOptions {
  readonly appendonly?: "always" | "everysec" | "no";
  /** As `20mb`. */
  readonly maxmemory?: string;
  readonly requirepass?: string;
  /** Lines of an ACL file, as `user default off`. */
  readonly acl?: readonly string[];
  /** TLS only, by a certificate for `localhost` that signs itself. */
  readonly tls?: boolean;
  /** With TLS: the certificate that clients must show. */
  readonly clientCertificate?: SelfSigned;
  readonly cluster?: boolean;
  /** The port of the primary. */
  readonly replicaof?: number;
  /** Any further lines of redis.conf. */
  readonly config?: readonly string[];
  /** A sentinel instead of a server. */
  readonly sentinel?: boolean;
  /** User and password for `command`, where they are not those of the default user. */
  readonly admin?: { readonly username: string; readonly password: string };
}

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  /** What its clients must trust, where it speaks TLS. */
  readonly ca: string;
  /** One command on a connection of its own, as an administrator would. */
  command(...args: readonly (string | number)[]): Promise<unknown>;
  /** In good order, as SIGTERM ends it. */
  stop(): Promise<void>;
  /** As a crash ends it. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data; resolves when it answers, unless it is told not to `wait`. */
  restart(options?: { readonly wait?: boolean }): Promise<void>;
  /** SIGSTOP and SIGCONT: it stands still, and its connections stay. */
  freeze(): void;
  thaw(): void;
  /** Kills it and removes its directory. */
  remove(): Promise<void>;
}

/** What is left over when the process ends, whatever the tests did. */
const running = new Set<ChildProcess>();
const directories = new Set<string>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const START_TIMEOUT_MS = 15_000;
/** The nodes of a cluster talk to one another 10000 ports higher. */
const HIGHEST_CLUSTER_PORT = 55_000;

export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), "poolcast-redis-"));
  directories.add(directory);
  const certificate = options.tls ? makeSelfSigned("localhost") : undefined;
  if (certificate) {
    writeFileSync(join(directory, "server.key"), certificate.key);
    writeFileSync(join(directory, "server.crt"), certificate.cert);
  }
  if (options.clientCertificate) writeFileSync(join(directory, "client.crt"), options.clientCertificate.cert);
  if (options.acl) writeFileSync(join(directory, "users.acl"), `${options.acl.join("\n")}\n`);
  const file = join(directory, "redis.conf");
  let child: ChildProcess | undefined;
  let exited = Promise.resolve();
  let port = 0;

  function launch(): void {
    const args = options.sentinel ? [file, "--sentinel"] : [file];
    const started = spawn("redis-server", args, { cwd: directory, stdio: "ignore" });
    running.add(started);
    exited = new Promise((done) => {
      started.once("error", () => done());
      started.once("close", () => done());
    });
    void exited.then(() => running.delete(started));
    child = started;
  }

  const server: Omit<RedisServer, "port" | "url"> = {
    directory,
    ca: certificate?.cert ?? "",
    command: (...args) => run(port, options, certificate?.cert, args),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    async restart({ wait = true } = {}) {
      launch();
      if (wait && !(await answers())) throw new Error(`redis-server did not come back on port ${port}`);
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    async remove() {
      await end("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
      directories.delete(directory);
    },
  };

  function end(signal: NodeJS.Signals): Promise<void> {
    child?.kill(signal);
    return exited;
  }

  /** Whether it answers before it ends or the time is over. */
  async function answers(): Promise<boolean> {
    let ended = false;
    void exited.then(() => (ended = true));
    const until = Date.now() + START_TIMEOUT_MS;
    while (!ended && Date.now() < until) {
      try {
        await server.command(options.sentinel ? "PING" : "DBSIZE");
        return true;
      } catch {
        await new Promise((done) => setTimeout(done, 20));
      }
    }
    return false;
  }

  // Somebody else may take the port between our look and its start.
  for (let tries = 0; tries < 5; tries++) {
    port = await freePort(options.cluster ? HIGHEST_CLUSTER_PORT : undefined);
    writeFileSync(file, `${configLines(options, directory, port).join("\n")}\n`);
    launch();
    if (await answers()) {
      return { ...server, port, url: `${options.tls ? "rediss" : "redis"}://127.0.0.1:${port}` };
    }
    await end("SIGKILL");
  }
  await server.remove();
  throw new Error("redis-server does not start; does `npm run setup` find it?");
}

function configLines(options: RedisServerOptions, directory: string, port: number): readonly string[] {
  const { appendonly = "no", maxmemory, requirepass, acl, tls, cluster, replicaof, sentinel, config = [] } = options;
  const tlsClients = options.clientCertificate ? ["tls-ca-cert-file client.crt"] : ["tls-auth-clients no"];
  const listen = tls
    ? ["port 0", `tls-port ${port}`, "tls-cert-file server.crt", "tls-key-file server.key", ...tlsClients]
    : [`port ${port}`];
  const common = ["bind 127.0.0.1", `dir ${directory}`, "daemonize no", "logfile redis.log", ...listen];
  if (sentinel) return [...common, ...config];
  return [
    ...common,
    'save ""',
    `appendonly ${appendonly === "no" ? "no" : "yes"}`,
    ...(appendonly === "no" ? [] : [`appendfsync ${appendonly}`]),
    ...(maxmemory === undefined ? [] : [`maxmemory ${maxmemory}`, "maxmemory-policy noeviction"]),
    ...(requirepass === undefined ? [] : [`requirepass ${requirepass}`]),
    ...(acl ? ["aclfile users.acl"] : []),
    ...(cluster ? ["cluster-enabled yes", "cluster-node-timeout 1000", "cluster-require-full-coverage no"] : []),
    ...(replicaof === undefined ? [] : [`replicaof 127.0.0.1 ${replicaof}`]),
    "repl-diskless-sync-delay 0",
    "repl-ping-replica-period 1",
    ...config,
  ];
}

async function run(
  port: number,
  { requirepass, admin, clientCertificate }: RedisServerOptions,
  ca: string | undefined,
  args: readonly (string | number)[],
): Promise<unknown> {
  const socket = { host: "127.0.0.1", port, reconnectStrategy: false as const, connectTimeout: 2000 };
  const client = createClient({
    RESP: 2,
    ...(requirepass !== undefined && { password: requirepass }),
    ...admin,
    disableClientInfo: true,
    socket: ca === undefined ? socket : { ...socket, tls: true, ca, servername: "localhost", ...clientCertificate },
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return await client.sendCommand(args.map(String));
  } finally {
    client.destroy();
  }
}
