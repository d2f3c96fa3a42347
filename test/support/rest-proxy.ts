/**
 * A REST API as Upstash documents it, over a redis-server of a test, and the means to break it.
 * https://upstash.com/docs/redis/features/restapi
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";

const MAX_REQUEST_BYTES = 10_000_000;
/** Those that we may send and that its list of supported ones does not have. */
const UNSUPPORTED = ["CONFIG", "MEMORY", "CLIENT", "CLUSTER"];

/** What it does instead of its work. */
export type RestFault =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Never answers; answers half of what it should, and no more; answers on and on. */
  | "hang"
  | "half"
  | "endless"
  /** Does all that it is asked, and ends the connection without an answer. */
  | "lose";

export interface RestProxy {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Names of the commands that it was sent, as `EVALSHA`, and how many requests brought them. */
  readonly commands: string[];
  requests(): number;
  /** Requests that were there at once, at most. */
  mostAtOnce(): number;
  /** From now on; undefined ends it. */
  disturb(fault: RestFault | undefined): void;
  close(): Promise<void>;
}

export async function startRestProxy(redisPort: number, token = "AYNgASQgOTk4"): Promise<RestProxy> {
  const commands: string[] = [];
  const sockets = new Set<{ destroy(): void }>();
  let requests = 0;
  let open = 0;
  let mostAtOnce = 0;
  let fault: RestFault | undefined;
  const client = createClient({
    RESP: 2,
    disableClientInfo: true,
    disableOfflineQueue: true,
    socket: { host: "127.0.0.1", port: redisPort, reconnectStrategy: 50 },
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  client.on("error", () => {});
  await client.connect();

  const server: Server = createServer((request, response) => {
    requests += 1;
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    response.once("close", () => {
      open -= 1;
    });
    void answer(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const now = fault;
    if (now === "hang") return;
    if (typeof now === "object") {
      response.writeHead(now.status, now.headers).end(now.body);
      return;
    }
    if (now === "endless") {
      response.writeHead(200, { "content-type": "application/json" });
      pour(response);
      return;
    }
    const { status, told } = await work(request, body);
    const text = JSON.stringify(told);
    if (now === "lose") {
      response.destroy();
      return;
    }
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    if (now === "half") response.write(text.slice(0, text.length / 2));
    else response.end(text);
  }

  async function work({ method, url, headers }: IncomingMessage, body: Buffer) {
    const refuse = (status: number, error: string) => ({ status, told: { error } as unknown });
    if (headers.authorization !== `Bearer ${token}`) return refuse(401, "WRONGPASS invalid or missing auth token");
    if (method !== "POST") return refuse(405, "ERR method is not allowed");
    if (body.length > MAX_REQUEST_BYTES) {
      return refuse(400, `ERR max request size exceeded. Limit: ${MAX_REQUEST_BYTES} bytes`);
    }
    const encode = headers["upstash-encoding"] === "base64" ? toBase64 : toText;
    const asked = parse(body);
    if (url === "/" && isCommand(asked)) {
      const told = await run(asked, encode);
      return { status: "error" in told ? 400 : 200, told: told as unknown };
    }
    const isList = Array.isArray(asked) && asked.length > 0 && asked.every(isCommand);
    if (url === "/pipeline" && isList) {
      const told: unknown = await Promise.all((asked as Command[]).map((command) => run(command, encode)));
      return isAway() ? refuse(503, "the database is away") : { status: 200, told };
    }
    return refuse(400, "ERR failed to parse the request");
  }

  const isAway = () => !client.isReady;

  async function run(command: Command, encode: (value: unknown) => unknown) {
    const [name = ""] = command.map(String);
    commands.push(name);
    if (UNSUPPORTED.includes(name)) return { error: `ERR Command is not available: '${name}'` };
    try {
      return { result: encode(await client.sendCommand(command.map(String))) };
    } catch (error) {
      return { error: error instanceof ErrorReply ? error.message : "ERR the database is away" };
    }
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    token,
    commands,
    requests: () => requests,
    mostAtOnce: () => mostAtOnce,
    disturb(next) {
      fault = next;
    },
    async close() {
      client.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

type Command = readonly (string | number)[];

function isCommand(value: unknown): value is Command {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part) => typeof part === "string" || typeof part === "number")
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** All strings but `OK`. */
function toBase64(value: unknown): unknown {
  if (value === "OK") return value;
  if (Array.isArray(value)) return value.map(toBase64);
  if (typeof value === "string") return Buffer.from(value).toString("base64");
  return Buffer.isBuffer(value) ? value.toString("base64") : value;
}

function toText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toText);
  return Buffer.isBuffer(value) ? value.toString() : value;
}

function pour(response: ServerResponse): void {
  const part = Buffer.alloc(1024 * 1024, "[");
  const more = () => {
    while (response.write(part));
    response.once("drain", more);
  };
  more();
}
