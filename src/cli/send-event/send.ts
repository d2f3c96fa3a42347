/** Sends events to a gateway, few at a time, until all are taken or one post is not. */
import { HINTS, type IngestPost, type IngestTarget, postToIngest, type Refused } from "../ingest-post.ts";
import type { ComposedEvent } from "./compose.ts";

export interface Sent {
  readonly accepted: number;
  readonly duplicates: number;
  /** Events that the gateway did not take, beside others that it took. */
  readonly rejected: readonly { readonly id: string; readonly code: string }[];
  /** Why no more were sent, for a person. */
  readonly error?: string;
}

const ROUTE = "/ingest/events";
/** Well below the smallest body that a gateway takes unless it is configured otherwise. */
const MOST_CHARACTERS = 256 * 1024;
const MOST_EVENTS = 100;

export async function sendEvents(events: readonly ComposedEvent[], target: IngestTarget): Promise<Sent> {
  let [accepted, duplicates] = [0, 0];
  const rejected: { readonly id: string; readonly code: string }[] = [];
  for (const part of partsOf(events)) {
    const answer = await postToIngest(postOf(part), target);
    if (answer.kind !== "taken") {
      const error = answer.kind === "refused" ? refusalText(answer, target.url) : answer.message;
      return { accepted, duplicates, rejected, error };
    }
    accepted += answer.counts.accepted;
    duplicates += answer.counts.duplicates;
    rejected.push(...answer.rejected.map(({ index, code }) => ({ id: part[index]?.id ?? "", code })));
  }
  return { accepted, duplicates, rejected };
}

function partsOf(events: readonly ComposedEvent[]): readonly (readonly ComposedEvent[])[] {
  const parts: ComposedEvent[][] = [];
  let characters = 0;
  for (const event of events) {
    characters += event.json.length;
    const last = parts.at(-1);
    if (last && last.length < MOST_EVENTS && characters <= MOST_CHARACTERS) {
      last.push(event);
    } else {
      parts.push([event]);
      characters = event.json.length;
    }
  }
  return parts;
}

/** One is sent alone, so that a gateway that refuses it says what is wrong with it. */
function postOf(part: readonly ComposedEvent[]): IngestPost {
  const [only] = part;
  if (only && part.length === 1) return { route: ROUTE, contentType: "application/cloudevents+json", body: only.json };
  const body = `[${part.map(({ json }) => json).join(",")}]`;
  return { route: ROUTE, contentType: "application/cloudevents-batch+json", body };
}

function refusalText({ status, code, detail }: Refused, url: string): string {
  if (code === undefined) return `what answers at ${url} is no poolcast gateway (${status})`;
  const said = HINTS[status] ?? detail;
  return said === undefined ? `${code} (${status})` : `${code}: ${said}`;
}
