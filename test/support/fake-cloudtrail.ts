/**
 * LookupEvents as a program on loopback: AWS JSON 1.1, SigV4's header, two requests a second for an account and Region,
 * errors in both shapes in which AWS sends them.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createFakeEventHistory, type FakeEventHistory } from "./fake-event-history.ts";
import { listenOnLoopback } from "./loopback.ts";

export interface FakeCloudTrail {
  readonly url: string;
  /** Of the account that the access key belongs to, and the Region that the signature names. */
  history(account: string, region: string): FakeEventHistory;
  /** Makes an access key known, or changes what becomes of its requests. */
  key(accessKeyId: string, account: string, refusal?: Refusal): void;
  readonly requests: readonly SeenRequest[];
  /** How long an answer takes. */
  answerAfterMs: (request: SeenRequest) => number;
  /** Instead of an answer. */
  refuse: (request: SeenRequest) => Refusal | undefined;
  /** Requests a second, by account and Region. */
  rate: number;
  /** What is told as AWS's time, against the clock. */
  dateOffsetMs: number;
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly account: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly userAgent: string;
  readonly atMs: number;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
  /** Where the type stands: in the header with a URL behind it, or in the body with a namespace before it. */
  readonly shape?: "header" | "body";
}

export const EXPIRED: Refusal = {
  status: 400,
  type: "ExpiredTokenException",
  message: "The security token included in the request is expired",
};
export const DENIED: Refusal = { status: 400, type: "AccessDeniedException", message: "not authorized", shape: "body" };
export const THROTTLED: Refusal = { status: 400, type: "ThrottlingException", message: "Rate exceeded", shape: "body" };

/** SDKs write it with and without the namespace. */
const TARGET = /^(?:com\.amazonaws\.cloudtrail\.v20131101\.)?CloudTrail_20131101\.LookupEvents$/;
const CREDENTIAL =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([a-z0-9-]+)\/cloudtrail\/aws4_request, SignedHeaders=/;

export async function startFakeCloudTrail(clock: () => number = Date.now): Promise<FakeCloudTrail> {
  const histories = new Map<string, FakeEventHistory>();
  const keys = new Map<string, { readonly account: string; readonly refusal?: Refusal }>();
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const requests: SeenRequest[] = [];

  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const seen = see(request, body);
    if ("type" in seen) return refuse(response, seen);
    requests.push(seen);
    const refusal = keys.get(seen.accessKeyId)?.refusal ?? fake.refuse(seen) ?? take(seen);
    const delayMs = fake.answerAfterMs(seen);
    if (delayMs > 0) await new Promise((done) => setTimeout(done, delayMs));
    if (refusal) refuse(response, refusal);
    else answer(response, seen);
  });

  function see({ headers, method, url }: IncomingMessage, body: string): SeenRequest | Refusal {
    if (method !== "POST" || url !== "/" || !TARGET.test(String(headers["x-amz-target"]))) {
      return { status: 400, type: "UnknownOperationException" };
    }
    if (headers["content-type"] !== "application/x-amz-json-1.1")
      return { status: 400, type: "SerializationException" };
    const [, accessKeyId = "", region = ""] = CREDENTIAL.exec(headers.authorization ?? "") ?? [];
    if (accessKeyId === "") return { status: 400, type: "MissingAuthenticationTokenException" };
    const account = keys.get(accessKeyId)?.account;
    if (account === undefined) return { status: 400, type: "UnrecognizedClientException" };
    const userAgent = `${headers["user-agent"]} ${headers["x-amz-user-agent"]}`;
    return { account, region, accessKeyId, userAgent, atMs: clock(), input: JSON.parse(body) };
  }

  /** A bucket of two seconds' worth would be too kind: of one second's. */
  function take({ account, region }: SeenRequest): Refusal | undefined {
    const key = `${account}/${region}`;
    const bucket = buckets.get(key) ?? { tokens: fake.rate, atMs: clock() };
    const tokens = Math.min(fake.rate, bucket.tokens + ((clock() - bucket.atMs) * fake.rate) / 1000);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: clock() });
    return tokens >= 1 ? undefined : THROTTLED;
  }

  function answer(response: ServerResponse, { account, region, input }: SeenRequest): void {
    const [attribute, ...others] = Array.isArray(input.LookupAttributes) ? input.LookupAttributes : [];
    const source = "cognito-idp.amazonaws.com";
    if (others.length > 0 || attribute?.AttributeKey !== "EventSource" || attribute?.AttributeValue !== source) {
      refuse(response, { status: 400, type: "InvalidLookupAttributesException" });
      return;
    }
    const page = fake.history(account, region).lookUp({
      startMs: Number(input.StartTime) * 1000,
      endMs: Number(input.EndTime) * 1000,
      limit: Number(input.MaxResults ?? 50),
      token: typeof input.NextToken === "string" ? input.NextToken : undefined,
    });
    if (typeof page === "string") {
      refuse(response, { status: 400, type: page, shape: "body" });
      return;
    }
    const Events = page.events.map(({ id, timeMs, text }) => ({
      EventId: id,
      EventName: "SignUp",
      EventSource: source,
      EventTime: timeMs / 1000,
      ReadOnly: "false",
      Resources: [],
      CloudTrailEvent: text,
    }));
    send(response, 200, {}, { Events, ...(page.next !== undefined && { NextToken: page.next }) });
  }

  function refuse(response: ServerResponse, { status, type, message = "no", shape = "header" }: Refusal): void {
    if (shape === "header")
      send(response, status, { "x-amzn-errortype": `${type}:http://internal.example/` }, { message });
    else send(response, status, {}, { __type: `com.amazonaws.cloudtrail.v20131101#${type}`, Message: message });
  }

  function send(response: ServerResponse, status: number, headers: Record<string, string>, body: object): void {
    response.writeHead(status, {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": randomUUID(),
      date: new Date(clock() + fake.dateOffsetMs).toUTCString(),
      ...headers,
    });
    response.end(JSON.stringify(body));
  }

  const port = await listenOnLoopback(server);

  const fake: FakeCloudTrail = {
    url: `http://127.0.0.1:${port}`,
    history(account, region) {
      const key = `${account}/${region}`;
      const known = histories.get(key) ?? createFakeEventHistory(clock);
      histories.set(key, known);
      return known;
    },
    key: (accessKeyId, account, refusal) => void keys.set(accessKeyId, { account, ...(refusal && { refusal }) }),
    requests,
    answerAfterMs: () => 0,
    refuse: () => undefined,
    rate: 2,
    dateOffsetMs: 0,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return fake;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
