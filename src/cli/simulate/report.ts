/** What the person at the terminal reads. */
import { isLoopbackHost } from "../../core/loopback.ts";
import { DEFAULT_URL } from "../gateway-address.ts";
import { type Answer, type Counts, HINTS } from "../ingest-post.ts";
import type { SimulatedPost } from "./posts.ts";
import type { Refusal, Summary } from "./run.ts";
import type { SimulateSettings } from "./settings.ts";

const ACTION_WIDTH = 25;
const NOTE_WIDTH = 47;

export function openingLine({ url, users, seed }: SimulateSettings): string {
  return `posting a day of ${counted(users, "user")} to ${url} (seed ${seed})`;
}

/** `eventbridge  SignUp  Ada signs up  202 accepted` */
export function postLine({ route, told }: SimulatedPost, answer: Answer): string {
  const [first] = told;
  const one = told.length === 1 ? first : undefined;
  const action = one?.action ?? `${told.length} records`;
  const note = one
    ? `${one.note}${one.again ? " (again)" : ""}`
    : [...new Set(told.map((each) => each.action))].join(" ");
  return [
    roadOf(route).padEnd("eventbridge".length),
    action.padEnd(ACTION_WIDTH),
    fitted(note, NOTE_WIDTH),
    answerText(answer, told.length),
  ].join(" ");
}

function roadOf(route: SimulatedPost["route"]): string {
  return route.slice("/ingest/".length);
}

function fitted(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 3)}...`;
}

function answerText(answer: Answer, records: number): string {
  if (answer.kind === "no_answer") return answer.message;
  if (answer.kind === "refused") return `${answer.status} ${answer.code ?? "refused"}`;
  return `${answer.status} ${countsText(answer.counts, records)}`;
}

function countsText({ accepted, duplicates, ignored }: Counts, records: number): string {
  const parts = [
    [accepted, "accepted"],
    [duplicates, duplicates === 1 ? "duplicate" : "duplicates"],
    [ignored, "ignored"],
  ] as const;
  const found = parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => (records === 1 ? word : `${count} ${word}`));
  return found.length === 0 ? "nothing" : found.join(", ");
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

export function closingText(summary: Summary): string {
  const { posts, records, accepted, duplicates, ignored, refused, leftOut } = summary;
  const lines = [
    `${accepted} accepted, ${counted(duplicates, "duplicate")}, ${ignored} ignored: ${counted(records, "record")} in ${counted(posts, "post")}`,
    ...refused.flatMap(refusalLines),
    ...(leftOut > 0 ? [`${counted(leftOut, "post")} left out`] : []),
  ];
  return `\n${[...lines, ...(refused.length > 0 ? [] : nextLines(summary))].join("\n")}\n`;
}

function refusalLines({ route, status, code, posts }: Refusal): readonly string[] {
  const hint = HINTS[status];
  const what = `${roadOf(route)} refused ${counted(posts, "post")}: ${status} ${code ?? ""}`.trimEnd();
  return hint === undefined ? [what] : [what, `  ${hint}`];
}

function nextLines({ url, seed, users, accepted, duplicates, ignored }: Summary): readonly string[] {
  const lines: string[] = [];
  if (accepted === 0 && duplicates > 0) {
    lines.push("all of it was known already: without --seed every run makes new records");
  } else {
    if (duplicates > 0) lines.push("duplicates came by both roads and made one event each");
    if (ignored > 0) lines.push("ignored are reads and a record that is not about a user pool");
  }
  const simulate = `npm run simulate --${url === DEFAULT_URL ? "" : ` --url ${url}`}`;
  const next: (readonly [string, string])[] = [
    [`${simulate} --users ${users} --seed ${seed}`, "the same records once more: all duplicates"],
    [`${simulate} --users 100 --rate 0`, "a larger pool, as fast as the gateway takes it"],
  ];
  // From elsewhere they take an admin key.
  if (isLoopbackHost(new URL(url).hostname)) {
    next.push([`curl ${url}/metrics`, "what the gateway counted"]);
  }
  const width = Math.max(...next.map(([command]) => command.length));
  lines.push("", "look at the gateway's terminal: without a subscription it prints every event. Then try");
  return [...lines, ...next.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`)];
}
