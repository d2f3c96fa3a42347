/**
 * In front of cognito-local, which answers ListUsers with all users at once: cuts them into pages as AWS does, and fails
 * where a test wants it to, on the wire of AWS (AWS JSON 1.1).
 */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { member, parseJson } from "../../src/core/json.ts";
import { listenOnLoopback } from "./loopback.ts";

export interface PagedCognito {
  readonly url: string;
  readonly requests: readonly PagedRequest[];
  /** Names the error that a pool's ListUsers is refused with; undefined ends that. */
  refuse(poolId: string, error: string | undefined): void;
  close(): Promise<void>;
}

export interface PagedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly input: unknown;
}

const TARGET = "AWSCognitoIdentityProviderService.ListUsers";
const MOST = 60;

export async function startPagedCognito(upstream: string): Promise<PagedCognito> {
  const requests: PagedRequest[] = [];
  const refused = new Map<unknown, string>();

  async function answer(headers: IncomingHttpHeaders, body: string): Promise<readonly [number, unknown]> {
    const input = parseJson(body);
    requests.push({ headers, input });
    const error = refused.get(member(input, "UserPoolId"));
    if (error !== undefined) return [400, { __type: error, message: "as the test wants it" }];
    const response = await fetch(upstream, {
      method: "POST",
      headers: { "x-amz-target": TARGET, "content-type": "application/x-amz-json-1.1" },
      body: JSON.stringify({ UserPoolId: member(input, "UserPoolId") }),
    });
    const output: unknown = await response.json();
    const users = member(output, "Users");
    if (!Array.isArray(users)) return [response.status, output];
    const limit = Math.min(Number(member(input, "Limit") ?? MOST), MOST);
    const at = Number(member(input, "PaginationToken") ?? 0);
    if (!Number.isInteger(at))
      return [400, { __type: "InvalidParameterException", message: "Invalid pagination token" }];
    const next = at + limit;
    return [200, { Users: users.slice(at, next), ...(next < users.length && { PaginationToken: String(next) }) }];
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [status, output] = await answer(request.headers, Buffer.concat(chunks).toString());
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(output));
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    refuse(poolId, error) {
      if (error === undefined) refused.delete(poolId);
      else refused.set(poolId, error);
    },
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
