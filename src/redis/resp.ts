/**
 * RESP2 as bytes, for runtimes without a client of their own.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
import { joinBytes } from "../core/collect-bytes.ts";
import type { RedisArgument, RedisReply } from "./redis.ts";

/** As the server sent it; what strings are to be is known to whoever asked. */
export type RawReply =
  | { readonly kind: "status" | "error"; readonly text: string }
  | { readonly kind: "bulk"; readonly bytes: Uint8Array }
  | { readonly kind: "list"; readonly items: readonly RawReply[] }
  | { readonly kind: "value"; readonly value: number | null };

export interface ReplyReader {
  /** The replies that are complete with this chunk. Throws at what is no RESP2; nothing can be read after that. */
  push(chunk: Uint8Array): readonly RawReply[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const END = encoder.encode("\r\n");

export function encodeCommand(args: readonly RedisArgument[]): Uint8Array {
  const parts: Uint8Array[] = [encoder.encode(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === "string" ? encoder.encode(arg) : arg;
    parts.push(encoder.encode(`$${bytes.length}\r\n`), bytes, END);
  }
  return joinBytes(parts);
}

/** Errors within a list, of which no command of ours answers any, are their text. */
export function toReply(raw: RawReply, asBytes: boolean): RedisReply {
  switch (raw.kind) {
    case "bulk":
      return asBytes ? raw.bytes : decoder.decode(raw.bytes);
    case "list":
      return raw.items.map((item) => toReply(item, asBytes));
    case "value":
      return raw.value;
    default:
      return raw.text;
  }
}

export function createReplyReader(): ReplyReader {
  /** What came and is not used; joined only when it may be enough. */
  let parts: Uint8Array[] = [];
  let size = 0;
  let wanted = 1;
  /** Lists that are not complete, the innermost last. */
  const open: { readonly items: RawReply[]; left: number }[] = [];

  return {
    push(chunk) {
      parts.push(chunk);
      size += chunk.length;
      if (size < wanted) return [];
      const buffer = joinBytes(parts);
      const replies: RawReply[] = [];
      let at = 0;
      wanted = 1;
      while (at < buffer.length) {
        const read = readOne(buffer, at);
        if ("needs" in read) {
          wanted = read.needs - at;
          break;
        }
        at = read.end;
        if ("length" in read) open.push({ items: [], left: read.length });
        else place(read.reply, replies);
        closeLists(replies);
      }
      parts = [buffer.subarray(at)];
      size = buffer.length - at;
      return replies;
    },
  };

  function place(reply: RawReply, replies: RawReply[]): void {
    const list = open.at(-1);
    if (!list) {
      replies.push(reply);
      return;
    }
    list.items.push(reply);
    list.left -= 1;
  }

  function closeLists(replies: RawReply[]): void {
    for (let list = open.at(-1); list?.left === 0; list = open.at(-1)) {
      open.pop();
      place({ kind: "list", items: list.items }, replies);
    }
  }
}

/** A value, the head of a list, or how far the bytes must reach for another try. */
type Read =
  | { readonly end: number; readonly reply: RawReply }
  | { readonly end: number; readonly length: number }
  | { readonly needs: number };

function readOne(buffer: Uint8Array, at: number): Read {
  const lineEnd = findEnd(buffer, at + 1);
  if (lineEnd < 0) return { needs: buffer.length + 1 };
  const line = decoder.decode(buffer.subarray(at + 1, lineEnd));
  const end = lineEnd + END.length;
  switch (buffer[at]) {
    case 0x2b:
      return { end, reply: { kind: "status", text: line } };
    case 0x2d:
      return { end, reply: { kind: "error", text: line } };
    case 0x3a:
      return { end, reply: { kind: "value", value: toInteger(line) } };
    case 0x24: {
      const length = toInteger(line);
      if (length < 0) return { end, reply: NULL };
      const bulkEnd = end + length + END.length;
      if (bulkEnd > buffer.length) return { needs: bulkEnd };
      return { end: bulkEnd, reply: { kind: "bulk", bytes: buffer.slice(end, end + length) } };
    }
    case 0x2a: {
      const length = toInteger(line);
      return length < 0 ? { end, reply: NULL } : { end, length };
    }
    default:
      throw new Error("the server does not speak RESP2");
  }
}

const NULL: RawReply = { kind: "value", value: null };

function toInteger(text: string): number {
  if (!/^-?\d{1,19}$/.test(text)) throw new Error("the server does not speak RESP2");
  return Number(text);
}

function findEnd(buffer: Uint8Array, from: number): number {
  const at = buffer.indexOf(0x0d, from);
  return at < 0 || at + 1 >= buffer.length ? -1 : at;
}
