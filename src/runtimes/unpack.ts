/** Gzip as a stream. Node's own takes the members of a file one after the other, which DecompressionStream does not. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

export async function* unpack(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // What goes wrong shows where it is read.
  pipeline(Readable.from(packed), gunzip).catch(() => {});
  const unpacked: AsyncIterable<Uint8Array> = gunzip;
  yield* unpacked;
}
