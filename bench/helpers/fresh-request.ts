import { randomBytes } from "node:crypto";

export interface RequestParts {
  readonly path: string;
  readonly apiKey: string;
  readonly body: string;
  /** A UUID in the body, to be replaced in each request. */
  readonly eventId: string;
}

export interface FreshRequest {
  readonly bytes: Uint8Array;
  /** Writes another eventID into the bytes. */
  refresh(): void;
}

const COUNTER_DIGITS = 12;
let requests = 0;

export function createRequest({ path, apiKey, body, eventId }: RequestParts): FreshRequest {
  const head =
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json; charset=utf-8\r\n` +
    `user-agent: Amazon/EventBridge/ApiDestinations\r\nx-api-key: ${apiKey}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const bytes = Buffer.from(head + body);
  const at = bytes.indexOf(eventId);
  if (at < 0) throw new Error("the body holds no such eventID");
  bytes.write(randomBytes(4).toString("hex"), at);
  return {
    bytes,
    refresh() {
      requests += 1;
      const counter = requests.toString(16).padStart(COUNTER_DIGITS, "0");
      bytes.write(counter, at + eventId.length - COUNTER_DIGITS);
    },
  };
}
