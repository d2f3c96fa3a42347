/** `poolcast replay`: events of the past, delivered once more. */
import { Command } from "commander";
import type { ReplayView } from "../routes/admin-port.ts";
import { type Ask, runAdmin, UsageFault } from "./admin/run.ts";
import { type RawAdminOptions, withAdminOptions } from "./admin/settings.ts";
import { pathOf, subscriptionName, subscriptionOption } from "./admin/subscription-name.ts";
import { printJson, table } from "./admin/table.ts";
import { timeText } from "./admin/time-text.ts";

interface RawReplayOptions extends RawAdminOptions {
  readonly subscription?: string;
  readonly since?: string;
  readonly until?: string;
  readonly fromId?: string;
  readonly toId?: string;
  readonly rate?: string;
  readonly wait?: true;
  readonly list?: true;
  readonly cancel?: string;
}

const LOOK_EVERY_MS = 1000;

export function replayCommand(): Command {
  const command = new Command("replay")
    .description("deliver events of the past to a subscription once more, also those that were delivered")
    .addOption(subscriptionOption())
    .option("--since <time>", "recorded at or after it: RFC 3339, or an ISO 8601 duration before now")
    .option("--until <time>", "recorded at or before it (default: now)")
    .option("--from-id <position>", "at or behind this position of the broker's log")
    .option("--to-id <position>", "at or before it")
    .option("--rate <n>", "events per second at most (default: 100)")
    .option("--wait", "until it is done")
    .option("--list", "the latest replays, instead of a new one")
    .option("--cancel <id>", "end this replay, instead of a new one");
  return withAdminOptions(command).action(replay);
}

function replay(raw: RawReplayOptions): Promise<void> {
  return runAdmin(raw, async (ask, from) => {
    if (raw.list && raw.cancel !== undefined) throw new UsageFault("--list and --cancel do not go together");
    const path = `${pathOf(await subscriptionName(ask, raw.subscription))}/replays`;
    if (raw.list) {
      const answer = (await ask("GET", path)) as { readonly replays: readonly ReplayView[] };
      return print(raw, answer, answer.replays);
    }
    if (raw.cancel !== undefined) {
      const cancelled = (await ask("DELETE", `${path}/${encodeURIComponent(raw.cancel)}`)) as ReplayView;
      return print(raw, cancelled, [cancelled]);
    }
    const started = (await ask("POST", path, wantedReplay(raw))) as ReplayView;
    if (from === "file") process.stderr.write("poolcast: no gateway runs; the replay begins with the next one\n");
    const last = raw.wait && from === "gateway" ? await untilOver(ask, `${path}/${started.id}`) : started;
    print(raw, last, [last]);
    if (raw.wait && last.state !== "done") process.exitCode = 1;
  });
}

function wantedReplay({ since, until, fromId, toId, rate }: RawReplayOptions): object {
  if (since === undefined && fromId === undefined) throw new UsageFault("give --since or --from-id: where to begin");
  if (rate !== undefined && !/^\d+(\.\d+)?$/.test(rate)) throw new UsageFault("--rate: give events per second");
  const nowMs = Date.now();
  return {
    since: timeText(since, nowMs),
    until: timeText(until, nowMs),
    fromId,
    toId,
    ...(rate !== undefined && { rate: Number(rate) }),
  };
}

async function untilOver(ask: Ask, path: string): Promise<ReplayView> {
  for (;;) {
    const view = (await ask("GET", path)) as ReplayView;
    if (view.state !== "running") return view;
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
  }
}

function print({ json }: RawReplayOptions, answer: object, views: readonly ReplayView[]): void {
  if (json) {
    printJson(answer);
    return;
  }
  const rows = views.map(({ id, state, since, fromId, until, toId, rate, looked, replayed, position }) => [
    id,
    state,
    since ?? fromId,
    toId ?? until,
    rate,
    looked,
    replayed,
    position,
  ]);
  process.stdout.write(table(["REPLAY", "STATE", "FROM", "TO", "RATE", "LOOKED AT", "PUT BACK", "POSITION"], rows));
}
