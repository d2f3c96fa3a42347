/** GetObject of S3 over HTTP, path style, with what goes wrong there. No npm package of the kind is kept well. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { crc32 } from "node:zlib";
import { awsCredentials } from "../../src/aws/credentials.ts";
import { createS3ObjectStore, type S3StoreOptions } from "../../src/aws/s3.ts";
import type { ObjectStore } from "../../src/ingest/s3/object-store.ts";
import { sendByUndici } from "../../src/runtimes/send-by-undici.ts";
import { listenOnLoopback } from "./loopback.ts";
import { s3SignatureOf } from "./signature-v4.ts";

/** The store at this endpoint, as a process opens it. */
export function s3Store(endpoint: string, options: Partial<S3StoreOptions> = {}): ObjectStore {
  const credentials = (region: string) => awsCredentials({ credentials: S3_CREDENTIALS }, { region });
  return createS3ObjectStore({ place: { endpoint }, credentials, send: sendByUndici, ...options });
}

export const S3_CREDENTIALS = { accessKeyID: "AKIDTESTTESTTEST", secretAccessKey: "c2VjcmV0LWtleS1jYW5hcnk" };

export interface S3Server {
  readonly url: string;
  /** The lines of a configuration that fetch from here, below `ingest: { s3: {`. */
  readonly yaml: string;
  put(bucket: string, key: string, body: string | Uint8Array, options?: PutOptions): void;
  remove(bucket: string, key: string): void;
  /** Answers requests for this object otherwise, as long as there is a behaviour; called with the number of those before. */
  behave(bucket: string, key: string, behaviour: Behaviour | undefined): void;
  /** What was asked for: `bucket/key`, with `?versionId=` where there was one. */
  asked(): readonly string[];
  requests(): readonly IncomingMessage[];
  close(): Promise<void>;
}

export interface PutOptions {
  /** Kept beside the newest one. */
  readonly versionId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface StoredObject extends PutOptions {
  readonly bytes: Uint8Array;
}

/** Answers by itself, or answers true: go on as always. */
export type Behaviour = (response: ServerResponse, before: number, bytes: Uint8Array) => unknown;

export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, StoredObject[]>();
  const behaviours = new Map<string, { readonly behaviour: Behaviour; before: number }>();
  const buckets = new Set<string>();
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];

  const server = createServer((request, response) => {
    response.on("error", () => {});
    // Not by URL, which would take the dots out of a key.
    const [path = "", search] = (request.url ?? "/").split("?");
    const [, bucket = "", ...rest] = path.split("/").map(decodeURIComponent);
    const name = `${bucket}/${rest.join("/")}`;
    const versionId = new URLSearchParams(search).get("versionId") ?? undefined;
    asked.push(versionId === undefined ? name : `${name}?versionId=${versionId}`);
    requests.push(request);
    const versions = objects.get(name) ?? [];
    const object = versionId === undefined ? versions.at(-1) : versions.find((one) => one.versionId === versionId);
    const scripted = behaviours.get(name);
    if (scripted && scripted.behaviour(response, scripted.before++, object?.bytes ?? new Uint8Array()) !== true) return;
    if (request.method !== "GET") return answerError(response, 405, "MethodNotAllowed");
    const [, accessKey, signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/.*Signature=(\w+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (accessKey === undefined) return answerError(response, 403, "AccessDenied");
    if (accessKey !== S3_CREDENTIALS.accessKeyID) return answerError(response, 403, "InvalidAccessKeyId");
    if (signature !== s3SignatureOf(request, S3_CREDENTIALS.secretAccessKey)) {
      return answerError(response, 403, "SignatureDoesNotMatch");
    }
    if (!buckets.has(bucket)) return answerError(response, 404, "NoSuchBucket");
    if (!object) return answerError(response, 404, versionId === undefined ? "NoSuchKey" : "NoSuchVersion");
    response.writeHead(200, headersOf(object, request));
    response.end(object.bytes);
  });
  const port = await listenOnLoopback(server);
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    yaml: `endpoint: "${url}", region: eu-central-1, auth: { credentials: ${JSON.stringify(S3_CREDENTIALS)} }`,
    put(bucket, key, body, options = {}) {
      buckets.add(bucket);
      const name = `${bucket}/${key}`;
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      objects.set(name, [...(objects.get(name) ?? []), { bytes, ...options }]);
    },
    remove: (bucket, key) => objects.delete(`${bucket}/${key}`),
    behave(bucket, key, behaviour) {
      if (behaviour) behaviours.set(`${bucket}/${key}`, { behaviour, before: 0 });
      else behaviours.delete(`${bucket}/${key}`);
    },
    asked: () => asked,
    requests: () => requests,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function headersOf({ bytes, headers }: StoredObject, request: IncomingMessage): Record<string, string> {
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(bytes));
  return {
    "content-type": "application/json",
    "content-length": String(bytes.length),
    etag: `"${createHash("md5").update(bytes).digest("hex")}"`,
    "last-modified": "Mon, 04 May 2026 07:35:00 GMT",
    ...(request.headers["x-amz-checksum-mode"] === "ENABLED" && { "x-amz-checksum-crc32": crc.toString("base64") }),
    ...headers,
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function answerError(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>It is so.</Message><RequestId>R</RequestId></Error>`;
  response.writeHead(status, { "content-type": "application/xml", "x-amz-request-id": "R" });
  response.end(body);
}

/** Sends the beginning of the object, and breaks the connection. */
export function breakOff(bytes: number): Behaviour {
  return (response, _before, whole) => {
    response.writeHead(200, { "content-length": String(whole.length) });
    response.write(whole.subarray(0, bytes), () => response.socket?.destroy());
  };
}
