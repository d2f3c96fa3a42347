/** Request bodies under a limit, which holds for what is sent and for what it unpacks to. */
import { err, ok, type Result } from "../core/result.ts";
import { gunzip, isGzip } from "../ingest/gunzip.ts";
import { type ProblemCode, problem } from "./problem.ts";

export type BodyFault = Extract<ProblemCode, "body_too_large" | "unsupported_encoding" | "invalid_encoding">;

export async function readBody(request: Request, maxBytes: number): Promise<Result<Uint8Array, BodyFault>> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") return err("unsupported_encoding");
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared > maxBytes) return err("body_too_large");
  // A declared length is enforced by the HTTP server; without one the bytes are counted as they come.
  const body = Number.isNaN(declared)
    ? await collect(request.body, maxBytes)
    : ok(new Uint8Array(await request.arrayBuffer()));
  if (!body.ok) return body;
  // A log file posted as it lies in S3 may come without the header.
  return encoding === "gzip" || isGzip(body.value) ? unpack(body.value, maxBytes) : body;
}

export function bodyProblem(fault: BodyFault, maxBytes: number): Response {
  if (fault !== "body_too_large") return problem(fault);
  return problem(fault, { detail: `at most ${maxBytes} bytes`, headers: { connection: "close" } });
}

/** Stops as soon as the output is over the limit, so a bomb costs no more than an honest body. */
async function unpack(bytes: Uint8Array, maxBytes: number): Promise<Result<Uint8Array, BodyFault>> {
  const unpacked = await gunzip(bytes, { left: maxBytes });
  if (!unpacked.ok) return err("body_too_large");
  const { members, broken } = unpacked.value;
  return broken > 0 ? err("invalid_encoding") : ok(join(members));
}

async function collect(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Result<Uint8Array, BodyFault>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (stream) {
    for await (const chunk of stream) {
      size += chunk.length;
      // Leaving the loop cancels the stream.
      if (size > maxBytes) return err("body_too_large");
      chunks.push(chunk);
    }
  }
  return ok(join(chunks));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
