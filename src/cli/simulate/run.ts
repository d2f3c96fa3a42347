/** Posts a day at the pace that was asked for, and counts what the gateway says. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Refused } from "../ingest-post.ts";
import type { SimulatedPost } from "./posts.ts";
import { sendPost } from "./send-post.ts";
import type { SimulateSettings } from "./settings.ts";

export interface Summary {
  readonly url: string;
  readonly seed: number;
  readonly users: number;
  /** What was posted, whatever became of it. */
  readonly posts: number;
  readonly records: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly refused: readonly Refusal[];
  /** Posts that were not made, since their road is shut or the gateway is gone. */
  readonly leftOut: number;
  /** Why the run ended early. */
  readonly error?: string;
}

/** Posts that one road refused in the same way. */
export interface Refusal {
  readonly route: SimulatedPost["route"];
  readonly status: number;
  readonly code?: string;
  readonly posts: number;
}

/** No key, or no such road: the next post would hear the same. */
const SHUT: ReadonlySet<number> = new Set([401, 403, 404]);

export async function runSimulation(
  posts: readonly SimulatedPost[],
  settings: SimulateSettings,
  onAnswer: (post: SimulatedPost, answer: Answer) => void,
): Promise<Summary> {
  const counts = { posts: 0, records: 0, accepted: 0, duplicates: 0, ignored: 0 };
  const refused: Refusal[] = [];
  const shut = new Set<SimulatedPost["route"]>();
  let error: string | undefined;
  const startMs = performance.now();

  for (const post of posts) {
    if (shut.has(post.route)) continue;
    if (settings.rate > 0) await sleepUntil(startMs + (counts.records / settings.rate) * 1000);
    const answer = await sendPost(post, settings);
    if (answer.kind === "no_answer") {
      error = answer.message;
      break;
    }
    counts.posts += 1;
    counts.records += post.told.length;
    if (answer.kind === "taken") {
      counts.accepted += answer.counts.accepted;
      counts.duplicates += answer.counts.duplicates;
      counts.ignored += answer.counts.ignored;
    } else {
      addRefusal(refused, post.route, answer);
      if (SHUT.has(answer.status)) shut.add(post.route);
    }
    onAnswer(post, answer);
  }
  const { url, seed, users } = settings;
  const leftOut = posts.length - counts.posts;
  return { url, seed, users, ...counts, refused, leftOut, ...(error !== undefined && { error }) };
}

async function sleepUntil(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await sleep(waitMs);
}

function addRefusal(refused: Refusal[], route: SimulatedPost["route"], { status, code }: Refused): void {
  const at = refused.findIndex((one) => one.route === route && one.status === status && one.code === code);
  const posts = (refused[at]?.posts ?? 0) + 1;
  refused.splice(at < 0 ? refused.length : at, 1, { route, status, ...(code !== undefined && { code }), posts });
}
