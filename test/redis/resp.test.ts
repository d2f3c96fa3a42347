import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReplyReader, encodeCommand, type RawReply, toReply } from "../../src/redis/resp.ts";
import { cpuMsOf } from "../support/cpu-time.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function repliesOf(...chunks: readonly string[]) {
  const reader = createReplyReader();
  return chunks.flatMap((chunk) => reader.push(bytesOf(chunk))).map((raw) => toReply(raw, false));
}

/** As a server writes it. */
function write(raw: RawReply): Uint8Array {
  switch (raw.kind) {
    case "status":
      return bytesOf(`+${raw.text}\r\n`);
    case "error":
      return bytesOf(`-${raw.text}\r\n`);
    case "value":
      return bytesOf(raw.value === null ? "$-1\r\n" : `:${raw.value}\r\n`);
    case "bulk":
      return Buffer.concat([bytesOf(`$${raw.bytes.length}\r\n`), raw.bytes, bytesOf("\r\n")]);
    case "list":
      return Buffer.concat([bytesOf(`*${raw.items.length}\r\n`), ...raw.items.map(write)]);
  }
}

const line = fc.string().map((text) => text.replaceAll(/[\r\n]/g, " "));
const { reply: anyReply } = fc.letrec<{ reply: RawReply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: "small" },
    fc.record({ kind: fc.constantFrom("status" as const, "error" as const), text: line }),
    fc.record({ kind: fc.constant("value" as const), value: fc.option(fc.maxSafeInteger()) }),
    fc.record({ kind: fc.constant("bulk" as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ kind: fc.constant("list" as const), items: fc.array(tie("reply"), { maxLength: 4 }) }),
  ),
}));

describe("RESP2", () => {
  it("is written as the protocol has it, lengths in bytes", () => {
    expect(textOf(encodeCommand(["SET", "k\r\n", "ü", bytesOf("b")]))).toBe(
      "*4\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\nü\r\n$1\r\nb\r\n",
    );
  });

  it.each([
    ["+OK\r\n", "OK"],
    [":-12\r\n", -12],
    ["$-1\r\n", null],
    ["*-1\r\n", null],
    ["$0\r\n\r\n", ""],
    ["$4\r\na\r\nb\r\n", "a\r\nb"],
    ["*0\r\n", []],
    ["*2\r\n*1\r\n$1\r\na\r\n:1\r\n", [["a"], 1]],
    ["-ERR no\r\n", "ERR no"],
  ])("is read: %j", (text, expected) => {
    expect(repliesOf(text)).toEqual([expected]);
  });

  it("gives strings as bytes where they are wanted", () => {
    const [raw] = createReplyReader().push(Uint8Array.from([0x24, 0x32, 13, 10, 0xff, 0, 13, 10]));
    expect(raw && toReply(raw, true)).toEqual(Uint8Array.of(0xff, 0));
  });

  it("comes back as it was written, wherever the network cuts it", () => {
    fc.assert(
      fc.property(fc.array(anyReply, { maxLength: 5 }), fc.array(fc.nat(30), { minLength: 1 }), (replies, cuts) => {
        const bytes = Buffer.concat(replies.map(write));
        const reader = createReplyReader();
        const read: RawReply[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const length = 1 + (cuts[turn % cuts.length] ?? 0);
          read.push(...reader.push(new Uint8Array(bytes.subarray(at, at + length))));
          at += length;
        }
        expect(read).toEqual(replies);
      }),
    );
  });

  it.each(["HTTP/1.1 400 Bad Request\r\n", ":x\r\n", "$1e3\r\n", "*\r\n"])("does not go on with %j", (text) => {
    expect(() => repliesOf(text)).toThrow("the server does not speak RESP2");
  });

  it("reads megabytes in small pieces without reading them again and again", async () => {
    const reader = createReplyReader();
    const piece = new Uint8Array(4096).fill(0x61);
    reader.push(bytesOf(`$${piece.length * 5000}\r\n`));
    let replies = 0;
    const tookMs = await cpuMsOf(() => {
      for (let count = 0; count < 5000; count++) replies += reader.push(piece).length;
      replies += reader.push(bytesOf("\r\n")).length;
    });
    expect(replies).toBe(1);
    expect(tookMs).toBeLessThan(5000);
  });
});
