/** A sender that writes all of its body before it looks for an answer must get the answer all the same. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatewayPlace, type GatewayProcess, makePlace } from "../support/gateway-process.ts";
import { DENO, NODE } from "../support/runtimes.ts";

const MIB = 1024 ** 2;

describe.each([NODE, DENO])("a gateway on $name that refuses a body", (runtime) => {
  let place: GatewayPlace;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    place = makePlace(runtime);
    place.writeConfig(
      "ingest: { eventbridge: { apiKeys: [a-key-of-16-bytes] }, firehose: { accessKeys: [a-key-of-16-bytes], maxBytes: 1MiB } }",
    );
    gateway = await place.start();
  });
  afterAll(() => place.remove());

  it.each([
    ["since it is too large", "eventbridge", "x-api-key: a-key-of-16-bytes", 413],
    ["since the key is wrong", "eventbridge", "x-api-key: another-one-of-16-bytes", 401],
    ["since it is too large for Firehose", "firehose", "x-amz-firehose-access-key: a-key-of-16-bytes", 400],
    ["since the road is off", "sns", "x-any: thing", 404],
  ])("%s says so to a sender that is still writing", async (_, road, header, status) => {
    for (const mebibytes of [3, 40]) {
      expect(await statusOf(`/ingest/${road}`, header, mebibytes * MIB)).toBe(status);
      expect(await statusOf(`/ingest/${road}`, header, mebibytes * MIB, true)).toBe(status);
    }
  });

  /** Writes everything, then reads. */
  function statusOf(path: string, header: string, bytes: number, chunked = false): Promise<number> {
    return new Promise((done, fail) => {
      const { hostname, port } = new URL(gateway.url);
      const socket = connect(Number(port), hostname);
      socket.pause();
      socket.on("error", fail);
      const length = chunked ? "transfer-encoding: chunked" : `content-length: ${bytes}`;
      socket.write(`POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${header}\r\n${length}\r\n\r\n`);
      const part = Buffer.alloc(MIB, 0x20);
      for (let sent = 0; sent < bytes; sent += part.length) {
        if (chunked) socket.write(`${part.length.toString(16)}\r\n`);
        socket.write(part);
        if (chunked) socket.write("\r\n");
      }
      socket.write(chunked ? "0\r\n\r\n" : "", () => {
        let text = "";
        socket.setEncoding("latin1").on("data", (data) => {
          text += data;
          const found = /^HTTP\/1\.1 (\d{3})/.exec(text);
          if (!found) return;
          socket.destroy();
          done(Number(found[1]));
        });
        socket.on("end", () => fail(new Error(`no status in ${JSON.stringify(text)}`)));
        socket.resume();
      });
    });
  }
});
