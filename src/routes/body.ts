/** Request bodies under a limit, which holds for what is sent and for what it unpacks to. */
import { collectBytes, discardBytes, joinBytes } from "../core/collect-bytes.ts";
import { err, ok, type Result } from "../core/result.ts";
import { gunzip, isGzip } from "../ingest/gunzip.ts";
import { type ProblemCode, problem } from "./problem.ts";

export type BodyFault = Extract<ProblemCode, "body_too_large" | "unsupported_encoding" | "invalid_encoding">;

/**
 * A sender that is still writing when we refuse would meet a broken pipe before it reads why. So the rest of its body is
 * thrown away behind the answer, up to here; where a length is declared the HTTP server does the same.
 */
const DISCARDED_BYTES = 64 * 1024 * 1024;

export async function readBody(request: Request, maxBytes: number): Promise<Result<Uint8Array, BodyFault>> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") return err("unsupported_encoding");
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared > maxBytes) return err("body_too_large");
  // A declared length is enforced by the HTTP server; without one the bytes are counted as they come.
  const body = Number.isNaN(declared)
    ? await collectBytes(request.body, maxBytes, (rest) => discardBytes(rest, DISCARDED_BYTES))
    : new Uint8Array(await request.arrayBuffer());
  if (!body) return err("body_too_large");
  // A log file posted as it lies in S3 may come without the header.
  return encoding === "gzip" || isGzip(body) ? unpack(body, maxBytes) : ok(body);
}

/** Without `connection: close`, since the server would then close before the rest of the body is there. */
export function bodyProblem(fault: BodyFault, maxBytes: number): Response {
  return problem(fault, fault === "body_too_large" ? { detail: `at most ${maxBytes} bytes` } : {});
}

/** Stops as soon as the output is over the limit, so a bomb costs no more than an honest body. */
async function unpack(bytes: Uint8Array, maxBytes: number): Promise<Result<Uint8Array, BodyFault>> {
  const unpacked = await gunzip(bytes, { left: maxBytes });
  if (!unpacked.ok) return err("body_too_large");
  const { members, broken } = unpacked.value;
  return broken > 0 ? err("invalid_encoding") : ok(joinBytes(members));
}
