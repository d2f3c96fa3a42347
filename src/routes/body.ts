/** Request bodies under a limit, which holds for what is sent and for what it unpacks to. */
import { err, ok, type Result } from "../core/result.ts";
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
  return encoding === "gzip" || isGzip(body.value) ? gunzip(body.value, maxBytes) : body;
}

export function bodyProblem(fault: BodyFault, maxBytes: number): Response {
  if (fault !== "body_too_large") return problem(fault);
  return problem(fault, { detail: `at most ${maxBytes} bytes`, headers: { connection: "close" } });
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Stops as soon as the output is over the limit, so a bomb costs no more than an honest body. */
async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Result<Uint8Array, BodyFault>> {
  const source = new Blob([bytes.slice()]).stream();
  try {
    return await collect(source.pipeThrough(new DecompressionStream("gzip")), maxBytes);
  } catch {
    return err("invalid_encoding");
  }
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
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return ok(whole);
}
