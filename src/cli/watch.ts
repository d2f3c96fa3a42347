/** `poolcast watch`: what is stored from now on, as it comes, without a subscription of its own. */
import { Command } from "commander";
import { TYPE_PREFIX } from "../events/type-prefix.ts";
import type { LoggedEventView } from "../routes/admin-port.ts";
import { escapeControls } from "../runtimes/log-writer.ts";
import { runAdmin, UsageFault } from "./admin/run.ts";
import { type RawAdminOptions, withAdminOptions } from "./admin/settings.ts";
import { timeText } from "./admin/time-text.ts";
import { complain } from "./complain.ts";
import { repeatable } from "./repeatable.ts";
import { eventLine } from "./watch/line.ts";
import { tail } from "./watch/tail.ts";

interface RawWatchOptions extends Omit<RawAdminOptions, "json"> {
  readonly since?: string;
  readonly type: readonly string[];
  readonly count?: string;
  /** Undefined: as the reader is one. */
  readonly json?: boolean;
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
const THE_BEGINNING = "1970-01-01T00:00:00Z";

export function watchCommand(): Command {
  const command = new Command("watch")
    .description("show events as they are stored, whole, whether a subscription takes them or not")
    .option("--since <time>", "also what was recorded at or after it: RFC 3339, or an ISO 8601 duration before now")
    .option(
      "--type <prefix>",
      "only types that begin so, or of one of several; com.amazon.cognito-idp. may be left out",
      repeatable,
      [],
    )
    .option("--count <n>", "end after so many events");
  return withAdminOptions(command).option("--no-json", "lines to read, also where a program reads them").action(watch);
}

async function watch({ since, type, count, json, ...raw }: RawWatchOptions): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const signal of STOP_SIGNALS) process.once(signal, end);
  await runAdmin(raw, async (ask, from) => {
    const left = count === undefined ? Number.POSITIVE_INFINITY : /^\d{1,9}$/.test(count) ? Number(count) : 0;
    if (left < 1) throw new UsageFault("--count: give a whole number from 1");
    if (from === "file") complain("no gateway runs; this is what its store holds");
    const events = tail({
      ask,
      since: timeText(since, Date.now()) ?? (from === "file" ? THE_BEGINNING : undefined),
      types: type.flatMap((prefix) => [prefix, TYPE_PREFIX + prefix]),
      once: from === "file",
      signal: ending.signal,
      note: complain,
    });
    const show = (json ?? !process.stdout.isTTY) ? eventJson : eventLine;
    let shown = 0;
    for await (const one of events) {
      await writeLine(show(one));
      shown += 1;
      if (shown === left) break;
    }
  });
  for (const signal of STOP_SIGNALS) process.off(signal, end);
}

/** As a line of what `poolcast send-event --file -` takes. */
function eventJson({ event }: LoggedEventView): string {
  return escapeControls(JSON.stringify(event));
}

/** Resolves when it was taken, so that a slow reader is waited for; one that has gone ends the process elsewhere. */
function writeLine(line: string): Promise<void> {
  return new Promise((done) => process.stdout.write(`${line}\n`, () => done()));
}
