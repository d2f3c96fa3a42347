/** One post to a gateway, and what came of it. Never throws. */
import { member, parseJson } from "../../core/json.ts";
import { causeOf, problemCode } from "../gateway-address.ts";
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
  const body = parseJson(text);
  if (!response.ok) return { kind: "refused", status, code: problemCode(body) };
  const counts = countsOf(body);
  if (counts) return { kind: "taken", status, counts };
  return { kind: "no_answer", message: `what answers at ${url} is no poolcast gateway (${status} without counts)` };
}

function failureMessage(url: string, error: unknown): string {
  const reason = causeOf(error, TIMEOUT_MS);
  return `no gateway at ${url} (${reason}): start one with \`npm start\`, or name another with --url`;
}

function countsOf(body: unknown): Counts | undefined {
  const [accepted, duplicates, ignored] = ["accepted", "duplicates", "ignored"].map((key) => member(body, key));
  if (typeof accepted !== "number" || typeof duplicates !== "number" || typeof ignored !== "number") return undefined;
  return { accepted, duplicates, ignored };
}
