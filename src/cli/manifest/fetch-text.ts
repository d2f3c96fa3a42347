/** The text of a manifest: of a file, of stdin, or of a URL as tmctl takes one. */
import { readFileSync } from "node:fs";
import { collectBytes } from "../../core/collect-bytes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { decodeUtf8 } from "../../core/utf8.ts";
import { causeOf } from "../gateway-address.ts";
import { codeOf } from "./file.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 16 * 2 ** 20;
const STDIN = 0;

/** What went wrong is told without the URL, which may hold a token. */
export async function fetchText(from: string): Promise<Result<string, string>> {
  if (/^https?:\/\//i.test(from)) return download(from);
  try {
    return ok(readFileSync(from === "-" ? STDIN : from, "utf8"));
  } catch (error) {
    return err(`cannot read ${from === "-" ? "stdin" : from}: ${codeOf(error)}`);
  }
}

async function download(url: string): Promise<Result<string, string>> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) return err(`the manifest was asked for, and the answer is ${answer.status}`);
    const bytes = await collectBytes(answer.body, MAX_BYTES);
    if (bytes === undefined) return err(`the manifest is larger than ${MAX_BYTES / 2 ** 20} MiB`);
    return ok(decodeUtf8(bytes) ?? "");
  } catch (error) {
    return err(`cannot fetch the manifest: ${causeOf(error, TIMEOUT_MS)}`);
  }
}
