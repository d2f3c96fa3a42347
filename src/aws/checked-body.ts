/**
 * Bytes of an object that are held against the checksum that S3 keeps of it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { Crc32, Crc32c, Crc64Nvme } from "@aws-sdk/checksums/crc";
import { Sha1, Sha256 } from "@aws-sdk/checksums/sha";
import type { RawAnswer } from "./send-raw.ts";

/** By header; the cheapest first. */
const CHECKSUMS = [
  ["x-amz-checksum-crc64nvme", Crc64Nvme],
  ["x-amz-checksum-crc32", Crc32],
  ["x-amz-checksum-crc32c", Crc32c],
  ["x-amz-checksum-sha256", Sha256],
  ["x-amz-checksum-sha1", Sha1],
] as const;

/** Of an object that was written in parts it is one of their checksums, and none of its bytes. */
const OF_PARTS = /-\d+$/;

/** As the body; reading rejects at its end where the bytes are not those that were written. */
export function checkedBody({ body, header }: RawAnswer): AsyncIterable<Uint8Array> {
  for (const [name, Checksum] of CHECKSUMS) {
    const expected = header(name);
    if (expected !== undefined && !OF_PARTS.test(expected)) return checked(body, new Checksum(), expected);
  }
  return body;
}

interface Checksum {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

async function* checked(
  body: AsyncIterable<Uint8Array>,
  checksum: Checksum,
  expected: string,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    checksum.update(bytes);
    yield bytes;
  }
  const found = btoa(String.fromCharCode(...(await checksum.digest())));
  if (found !== expected) throw new Error("the checksum of the object is another one");
}
