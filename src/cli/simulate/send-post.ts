/** One post to a gateway, and what came of it. Never throws. */
import { member } from "../../core/json.ts";
import type { SimulatedPost } from "./posts.ts";
import type { SimulateSettings } from "./settings.ts";

export type Answer = Taken | Refused | NoAnswer;

export interface Taken {
  readonly kind: "taken";
  readonly status: number;
  readonly counts: Counts;
}

export interface Counts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly ignored: number;
}

export interface Refused {
  readonly kind: "refused";
  readonly status: number;
  /** `code` of the problem document, where there is one. */
  readonly code: string | undefined;
}

/** Nothing, or nothing that a gateway would say: no further post will fare better. */
export interface NoAnswer {
  readonly kind: "no_answer";
  readonly message: string;
}

const TIMEOUT_MS = 10_000;

export async function sendPost(post: SimulatedPost, { url, apiKey }: SimulateSettings): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url + post.route, {
      method: "POST",
      headers: { "content-type": "application/json", ...(apiKey !== undefined && { "x-api-key": apiKey }) },
      body: JSON.stringify(post.body),
      // A redirected POST becomes a GET of some page, which would look like success.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    return { kind: "no_answer", message: failureMessage(url, error) };
  }
  const { status } = response;
  const body = parse(text);
  if (!response.ok) return { kind: "refused", status, code: problemCode(body) };
  const counts = countsOf(body);
  if (counts) return { kind: "taken", status, counts };
  return { kind: "no_answer", message: `what answers at ${url} is no poolcast gateway (${status} without counts)` };
}

function failureMessage(url: string, error: unknown): string {
  const reason =
    error instanceof Error && error.name === "TimeoutError" ? `no answer in ${TIMEOUT_MS / 1000} s` : causeOf(error);
  return `no gateway at ${url} (${reason}): start one with \`npm start\`, or name another with --url`;
}

/** fetch says "fetch failed" of everything; the cause has the code of the system call. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return "failed";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message.replace(/\s+/g, " ");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemCode(body: unknown): string | undefined {
  const code = member(body, "code");
  // Whoever answers, the terminal gets no more than a word from him.
  return typeof code === "string" && /^\w{1,40}$/.test(code) ? code : undefined;
}

function countsOf(body: unknown): Counts | undefined {
  const [accepted, duplicates, ignored] = ["accepted", "duplicates", "ignored"].map((key) => member(body, key));
  if (typeof accepted !== "number" || typeof duplicates !== "number" || typeof ignored !== "number") return undefined;
  return { accepted, duplicates, ignored };
}
