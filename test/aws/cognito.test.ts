import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CognitoOptions, createCognitoCall, createListUsersPage } from "../../src/aws/cognito.ts";
import { awsCredentials } from "../../src/aws/credentials.ts";
import { listenOnLoopback } from "../support/loopback.ts";

const REGION = "eu-west-1";
const POOL_ID = "eu-central-1_Kq3vX9TzP";
const { signal } = new AbortController();

interface Answer {
  readonly status: number;
  readonly body: string;
}

let server: Server;
let url: string;
let answer: () => Answer | undefined;
let requests: { readonly headers: IncomingHttpHeaders; readonly input: unknown }[];

beforeEach(async () => {
  requests = [];
  answer = () => ({ status: 200, body: JSON.stringify({ Users: [] }) });
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ headers: request.headers, input: JSON.parse(Buffer.concat(chunks).toString()) });
    const given = answer();
    // Undefined: no answer at all.
    if (given) response.writeHead(given.status, { "content-type": "application/x-amz-json-1.1" }).end(given.body);
  });
  const port = await listenOnLoopback(server);
  url = `http://127.0.0.1:${port}`;
});

afterEach(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done(undefined)));
});

const credentials = (accessKeyID = "AKIAFAKEFAKEFAKE0001") =>
  awsCredentials({ credentials: { accessKeyID, secretAccessKey: "not-a-secret" } }, { region: REGION });

const open = (options: Partial<CognitoOptions> = {}) =>
  createListUsersPage(
    createCognitoCall({ region: REGION, endpoint: url, credentials: () => credentials(), ...options }),
    POOL_ID,
  );

const refusal = (__type: string, status = 400) => ({ status, body: JSON.stringify({ __type, message: "no" }) });

describe("ListUsers through the SDK", () => {
  it("asks for a page, in the Region of the ARN, and says who asks", async () => {
    await open()(undefined, signal);
    await open()("t2", signal);
    expect(requests.map(({ input }) => input)).toEqual([
      { UserPoolId: POOL_ID, Limit: 60 },
      { UserPoolId: POOL_ID, Limit: 60, PaginationToken: "t2" },
    ]);
    expect(requests[0]?.headers["user-agent"]).toContain("poolcast");
    expect(requests[0]?.headers.authorization).toContain(`/${REGION}/cognito-idp/aws4_request`);
    expect(requests[0]?.headers["x-amz-target"]).toBe("AWSCognitoIdentityProviderService.ListUsers");
  });

  it("gives the users as the API has them, and the token of the next page", async () => {
    const user = { Username: "jo", Attributes: [{ Name: "sub", Value: "s" }], UserLastModifiedDate: 1777896126.25 };
    answer = () => ({ status: 200, body: JSON.stringify({ Users: [user], PaginationToken: "t2" }) });
    expect(await open()(undefined, signal)).toMatchObject({
      ok: true,
      value: { users: [{ Username: "jo", UserLastModifiedDate: new Date(1777896126250) }], next: "t2" },
    });
    answer = () => ({ status: 200, body: JSON.stringify({ PaginationToken: "t3" }) });
    expect(await open()("t2", signal)).toEqual({ ok: true, value: { users: [], next: "t3" } });
    answer = () => ({ status: 200, body: "{}" });
    expect(await open()("t3", signal)).toEqual({ ok: true, value: { users: [], next: undefined } });
  });

  it.each([
    ["ResourceNotFoundException", 400, "not_found"],
    ["TooManyRequestsException", 400, "throttled"],
    ["ThrottlingException", 400, "throttled"],
    ["AccessDeniedException", 400, "access_denied"],
    ["NotAuthorizedException", 400, "access_denied"],
    ["ExpiredTokenException", 400, "expired_credentials"],
    ["UnrecognizedClientException", 400, "invalid_credentials"],
    ["InternalErrorException", 500, "unavailable"],
    ["OperationNotEnabledException", 400, "refused"],
    ["InvalidParameterException", 400, "refused"],
  ])("names %s, and asks once", async (name, status, code) => {
    answer = () => refusal(name, status);
    expect(await open()(undefined, signal)).toEqual({ ok: false, error: { code, error: name } });
    expect(requests).toHaveLength(1);
  });

  it("takes an invalid parameter for the token where there is one", async () => {
    answer = () => refusal("InvalidParameterException");
    expect(await open()("old", signal)).toEqual({
      ok: false,
      error: { code: "invalid_token", error: "InvalidParameterException" },
    });
  });

  it("asks for credentials anew after they were refused", async () => {
    const keys = ["AKIAFAKEFAKEFAKE0001", "AKIAFAKEFAKEFAKE0002"];
    const page = open({ credentials: () => credentials(keys.shift()) });
    answer = () => refusal("ExpiredTokenException");
    await page(undefined, signal);
    answer = () => ({ status: 200, body: "{}" });
    expect((await page(undefined, signal)).ok).toBe(true);
    expect(requests.map(({ headers }) => /AKIA\w+/.exec(headers.authorization ?? "")?.[0])).toEqual([
      "AKIAFAKEFAKEFAKE0001",
      "AKIAFAKEFAKEFAKE0002",
    ]);
  });

  it("waits no longer than it may, and ends with the gateway", async () => {
    answer = () => undefined;
    expect(await open({ timeoutMs: 50 })(undefined, signal)).toEqual({
      ok: false,
      error: { code: "unavailable", error: "TimeoutError" },
    });
    const stopping = new AbortController();
    const page = open()(undefined, stopping.signal);
    stopping.abort();
    expect(await page).toMatchObject({ ok: false, error: { code: "stopped" } });
    server.closeAllConnections();
    expect(await open({ endpoint: "http://127.0.0.1:1" })(undefined, signal)).toMatchObject({
      ok: false,
      error: { code: "unavailable", error: "ECONNREFUSED" },
    });
  });
});
