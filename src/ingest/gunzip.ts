/**
 * Gzip of one or several members, as CloudWatch Logs and Firehose join them.
 * DecompressionStream takes one member and nothing behind it, and does not tell where that ended
 * (https://github.com/whatwg/compression/issues/39 and 42), so the members are told apart first: where the header of a
 * member seems to begin, and what stands before it unpacks with the right checksum, one has ended.
 */
import { err, ok, type Result } from "../core/result.ts";

/** What may still be unpacked; shared by all records of a request. */
export interface InflateBudget {
  left: number;
}

export interface Gunzipped {
  readonly members: readonly Uint8Array[];
  /** Pieces that do not unpack. */
  readonly broken: number;
}

const MIB = 1024 ** 2;
const MAX_BYTES = 64 * MIB;
/** Logs pack 10 to 50 times smaller, nothing but zeros 1000 times. */
const MAX_RATIO = 200;
/** What it costs to begin, so that a million empty members are a bomb as well. */
const PER_MEMBER = 1024;
/** Bytes within a member may look like a header: once in 100 MB by chance. */
const MAX_FAILED_TRIES = 64;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** An error where this is a bomb. */
export async function gunzip(bytes: Uint8Array, budget: InflateBudget): Promise<Result<Gunzipped, "bomb">> {
  const marks = [...memberStarts(bytes), bytes.length];
  const members: Uint8Array[] = [];
  let broken = marks[0] === 0 ? 0 : 1;
  let failed = 0;
  let outBytes = 0;
  for (let from = 0; from < marks.length - 1; ) {
    let to = from + 1;
    for (; to < marks.length && failed < MAX_FAILED_TRIES; to++) {
      const member = bytes.slice(marks[from], marks[to]);
      const limit = Math.min(budget.left, Math.max(MIB, MAX_RATIO * bytes.length) - outBytes, MAX_BYTES - outBytes);
      const { size, output } = await inflate(member, limit);
      if (size > limit) return err("bomb");
      if (output) {
        outBytes += size;
        budget.left -= size + PER_MEMBER;
        members.push(output);
        break;
      }
      // Work in vain counts as well, or it could be asked for without end.
      failed += 1;
      budget.left -= size + member.length + PER_MEMBER;
    }
    const found = to < marks.length && failed < MAX_FAILED_TRIES;
    if (!found) broken += 1;
    if (failed >= MAX_FAILED_TRIES) break;
    from = found ? to : from + 1;
  }
  return ok({ members, broken });
}

/** https://www.rfc-editor.org/rfc/rfc1952#section-2.3: the method is 8, and three flags are never set. */
function* memberStarts(bytes: Uint8Array): Generator<number> {
  for (let at = bytes.indexOf(0x1f); at >= 0; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && (bytes[at + 3] ?? 0xff) < 0x20) yield at;
  }
}

/** Without `output` it is no whole member, or larger than the limit. */
async function inflate(
  member: Uint8Array<ArrayBuffer>,
  limit: number,
): Promise<{ readonly size: number; readonly output?: Uint8Array }> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  // What goes wrong shows where it is read.
  writer.write(member).catch(() => {});
  writer.close().catch(() => {});
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of readable) {
      size += chunk.length;
      // Leaving the loop cancels the stream.
      if (size > limit) return { size };
      chunks.push(chunk);
    }
  } catch {
    return { size };
  }
  // Some runtimes are silent about an end that is missing, or about what follows it.
  if (member.length < 18 || size % 2 ** 32 !== lengthAtEnd(member)) return { size };
  return { size, output: join(chunks, size) };
}

function lengthAtEnd(member: Uint8Array): number {
  return new DataView(member.buffer, member.byteOffset).getUint32(member.length - 4, true);
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
