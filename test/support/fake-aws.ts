/** A service of AWS on a loopback port, as the test has it answer: JSON 1.1, the Query wire, or metadata. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { listenOnLoopback } from "./loopback.ts";

export interface AwsRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `ListUsers`, of the JSON wire's target or of the Query wire's Action; empty where there is neither. */
  readonly operation: string;
}

export interface AwsAnswer {
  readonly status?: number;
  /** JSON where it is an object. */
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeAws {
  readonly url: string;
  readonly requests: readonly AwsRequest[];
  count(operation: string): number;
  close(): Promise<void>;
}

export async function startFakeAws(answer: (request: AwsRequest) => AwsAnswer | Promise<AwsAnswer>): Promise<FakeAws> {
  const requests: AwsRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = "";
    for await (const chunk of incoming.setEncoding("utf8")) body += chunk;
    const { method = "", url: path = "", headers } = incoming;
    const target = String(headers["x-amz-target"] ?? "");
    const operation =
      target === "" ? (new URLSearchParams(body).get("Action") ?? "") : (target.split(".").at(-1) ?? "");
    const request = { method, path, headers, body, operation };
    requests.push(request);
    const answered = await answer(request);
    const text = typeof answered.body === "string" ? answered.body : JSON.stringify(answered.body);
    const type = typeof answered.body === "string" ? "text/xml" : "application/x-amz-json-1.1";
    outgoing.writeHead(answered.status ?? 200, { "content-type": type, ...answered.headers }).end(text);
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    count: (operation) => requests.filter((request) => request.operation === operation).length,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** An error of the JSON wire. */
export function awsError(name: string, status = 400): AwsAnswer {
  return { status, body: { __type: name, message: "the message, which may name anything" } };
}

/** The same request, answered by a real server or another emulator. */
export async function forward({ method, path, headers, body }: AwsRequest, to: string): Promise<AwsAnswer> {
  const passed = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" && /^(content-type|x-amz-|authorization|user-agent)/.test(name) ? [[name, value]] : [],
  );
  const response = await fetch(to + path, { method, headers: Object.fromEntries(passed), body });
  return {
    status: response.status,
    body: await response.text(),
    headers: { "content-type": response.headers.get("content-type") ?? "" },
  };
}
