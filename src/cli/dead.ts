/** `poolcast dead`: events that were given up, to be looked at, delivered once more or dropped. */
import { Command } from "commander";
import type { DeadLetterDetail, DeadLetterView, DeadPage, EndedDead } from "../routes/admin-port.ts";
import { type Ask, runAdmin, UsageFault } from "./admin/run.ts";
import { type RawAdminOptions, withAdminOptions } from "./admin/settings.ts";
import { pathOf, subscriptionName, subscriptionNames, subscriptionOption } from "./admin/subscription-name.ts";
import { printJson, table } from "./admin/table.ts";
import { ageText } from "./admin/time-text.ts";

interface RawDeadOptions extends RawAdminOptions {
  readonly subscription?: string;
  readonly reason?: string;
  readonly all?: true;
  readonly limit?: string;
}

const MOST_LISTED = "100";
const PAGE = 100;
/** Positions in one request. */
const MOST_POSITIONS = 1000;

export function deadCommand(): Command {
  const command = new Command("dead").description("list, show, replay and drop dead letters");
  const add = (one: Command) => command.addCommand(withAdminOptions(one.addOption(subscriptionOption())));
  add(
    new Command("list")
      .description("dead letters of one subscription, or of all")
      .option("--reason <reason>", "only those that were given up for it")
      .option("--limit <n>", "how many at most, 0 = all", MOST_LISTED)
      .action(list),
  );
  add(new Command("show").description("one dead letter with its event").argument("<position>").action(show));
  for (const [verb, description] of [
    ["replay", "deliver dead letters once more"],
    ["drop", "end dead letters for good"],
  ] as const) {
    add(
      new Command(verb)
        .description(description)
        .argument("[positions...]", "as `dead list` shows them")
        .option("--all", "all of the subscription")
        .option("--reason <reason>", "with --all: only those that were given up for it")
        .action((positions, raw) => end(verb, positions, raw)),
    );
  }
  return command;
}

interface Listed extends DeadLetterView {
  readonly subscription: string;
}

function list(raw: RawDeadOptions): Promise<void> {
  return runAdmin(raw, async (ask) => {
    if (!/^\d{1,9}$/.test(raw.limit ?? "")) throw new UsageFault("--limit: give a whole number, 0 for all");
    const limit = Number(raw.limit) || Number.POSITIVE_INFINITY;
    const names = raw.subscription === undefined ? await subscriptionNames(ask) : [raw.subscription];
    const found: Listed[] = [];
    let isMore = false;
    for (const subscription of names) {
      const before = found.length;
      isMore = (await collect(ask, subscription, raw.reason, limit - before, found)) || isMore;
    }
    if (raw.json) return printJson({ deadLetters: found });
    process.stdout.write(found.length === 0 ? "no dead letters\n" : showTable(found));
    if (isMore) process.stderr.write(`poolcast: there are more than ${limit}; see them with --limit\n`);
  });
}

/** Answers whether there are more than were wanted. */
async function collect(
  ask: Ask,
  subscription: string,
  reason: string | undefined,
  limit: number,
  found: Listed[],
): Promise<boolean> {
  let after: string | undefined;
  for (let left = limit; left > 0; ) {
    const query = new URLSearchParams({
      limit: String(Math.min(PAGE, left)),
      ...(reason !== undefined && { reason }),
      ...(after !== undefined && { after }),
    });
    const page = (await ask("GET", `${pathOf(subscription)}/dead?${query}`)) as DeadPage;
    found.push(...page.deadLetters.map((letter) => ({ subscription, ...letter })));
    left -= page.deadLetters.length;
    after = page.next;
    if (after === undefined) return false;
  }
  return true;
}

function showTable(letters: readonly Listed[]): string {
  const nowMs = Date.now();
  const rows = letters.map(({ subscription, position, diedAt, reason, detail, attempts, type, id }) => [
    subscription,
    position,
    ageText(nowMs - Date.parse(diedAt)),
    reason,
    short(detail),
    attempts,
    type,
    id,
  ]);
  return table(["SUBSCRIPTION", "POSITION", "AGE", "REASON", "DETAIL", "TRIES", "TYPE", "ID"], rows);
}

function short(text = ""): string {
  return text.length <= 32 ? text : `${text.slice(0, 31)}…`;
}

function show(position: string, raw: RawDeadOptions): Promise<void> {
  return runAdmin(raw, async (ask) => {
    const name = await subscriptionName(ask, raw.subscription);
    const path = `${pathOf(name)}/dead/${encodeURIComponent(position)}`;
    const letter = (await ask("GET", path)) as DeadLetterDetail;
    if (raw.json) return printJson(letter);
    const { event, ...facts } = letter;
    process.stdout.write(table(["", ""], Object.entries({ subscription: name, ...facts })).trimStart());
    printJson(event);
  });
}

function end(verb: "replay" | "drop", positions: readonly string[], raw: RawDeadOptions): Promise<void> {
  return runAdmin(raw, async (ask) => {
    if (positions.length > 0 === (raw.all === true)) throw new UsageFault("give positions, or --all");
    if (raw.reason !== undefined && !raw.all) throw new UsageFault("--reason goes with --all");
    const name = await subscriptionName(ask, raw.subscription);
    const path = `${pathOf(name)}/dead/${verb}`;
    let count = 0;
    if (raw.all) {
      let after: string | undefined;
      do {
        const ended = (await ask("POST", path, { all: true, reason: raw.reason, after })) as EndedDead;
        count += ended.count;
        after = ended.next;
      } while (after !== undefined);
    } else {
      for (let at = 0; at < positions.length; at += MOST_POSITIONS) {
        const some = positions.slice(at, at + MOST_POSITIONS);
        count += ((await ask("POST", path, { positions: some })) as EndedDead).count;
      }
    }
    if (raw.json) printJson({ count });
    else process.stdout.write(`${verb === "replay" ? "put back" : "dropped"}: ${count}\n`);
    // Whoever names letters that are not there wants to know.
    if (count < positions.length) {
      process.stderr.write(`poolcast: ${positions.length - count} of them were no dead letters of ${name}\n`);
      process.exitCode = 1;
    }
  });
}
