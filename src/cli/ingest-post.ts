/** One post to an ingest route of a gateway, and what came of it. Never throws. */
import { isObject, member, parseJson } from "../core/json.ts";
import { causeOf, problemCode, problemDetail } from "./gateway-address.ts";

export interface IngestPost {
  /** As `/ingest/events`. */
  readonly route: string;
  readonly contentType: string;
  readonly body: string;
}

export interface IngestTarget {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

export type Answer = Taken | Refused | NoAnswer;

export interface Taken {
  readonly kind: "taken";
  readonly status: number;
  readonly counts: Counts;
  /** Of a batch of CloudEvents, those that are none. */
  readonly rejected: readonly { readonly index: number; readonly code: string }[];
}

export interface Counts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly ignored: number;
}

export interface Refused {
  readonly kind: "refused";
  readonly status: number;
  /** `code` and `detail` of the problem document, where there is one. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
}

/** Nothing, or nothing that a gateway would say: no further post will fare better. */
export interface NoAnswer {
  readonly kind: "no_answer";
  readonly message: string;
}

/** What to do about a refusal, by its status. */
export const HINTS: Readonly<Record<number, string>> = {
  401: "give one of this road's apiKeys with --api-key or POOLCAST_API_KEY",
  404: "this road is off in the gateway's configuration, or this is no poolcast gateway",
  503: "see /readyz and the gateway's log: its store is full or out of reach, or it is stopping",
};

const TIMEOUT_MS = 10_000;

export async function postToIngest({ route, contentType, body }: IngestPost, target: IngestTarget): Promise<Answer> {
  const { url, apiKey } = target;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url + route, {
      method: "POST",
      headers: { "content-type": contentType, ...(apiKey !== undefined && { "x-api-key": apiKey }) },
      body,
      // A redirected POST becomes a GET of some page, which would look like success.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    return { kind: "no_answer", message: failureMessage(url, error) };
  }
  const { status } = response;
  const answer = parseJson(text);
  if (!response.ok) return { kind: "refused", status, code: problemCode(answer), detail: problemDetail(answer) };
  const counts = countsOf(answer);
  if (counts) return { kind: "taken", status, counts, rejected: rejectedOf(answer) };
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

function rejectedOf(body: unknown): Taken["rejected"] {
  const rejected = member(body, "rejected");
  if (!Array.isArray(rejected)) return [];
  return rejected.filter(isObject).map((one) => ({ index: Number(one.index), code: problemCode(one) ?? "rejected" }));
}
