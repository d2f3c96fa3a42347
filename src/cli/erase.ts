/** `poolcast erase`: what a store holds of a user is removed. */
import { Command } from "commander";
import type { ErasureView } from "../routes/admin-port.ts";
import { runAdmin } from "./admin/run.ts";
import { type RawAdminOptions, withAdminOptions } from "./admin/settings.ts";
import { printJson, table } from "./admin/table.ts";

interface RawEraseOptions extends RawAdminOptions {
  readonly sub: string;
  readonly pool?: string;
}

const LOOK_EVERY_MS = 200;

export function eraseCommand(): Command {
  const command = new Command("erase")
    .description("remove a user's data from events, dead letters, the identity cache and the users poll")
    .requiredOption("--sub <sub>", "of the user")
    .option("--pool <arn>", "only in this user pool");
  return withAdminOptions(command).action(erase);
}

function erase(raw: RawEraseOptions): Promise<void> {
  return runAdmin(raw, async (ask) => {
    let view = (await ask("POST", "/erasures", { sub: raw.sub, pool: raw.pool })) as ErasureView;
    while (view.state === "running" && view.code === undefined) {
      await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
      view = (await ask("GET", `/erasures/${view.id}`)) as ErasureView;
    }
    if (raw.json) printJson(view);
    else if (view.erased) process.stdout.write(show(view.erased));
    if (view.state === "done") return;
    const later = "it is kept, and tried again as long as a gateway runs";
    if (!raw.json) process.stderr.write(`poolcast: the erasure failed: ${view.code}; ${later}\n`);
    process.exitCode = 1;
  });
}

function show({ pools, events, deadLetters, identity, usersPoll }: NonNullable<ErasureView["erased"]>): string {
  return table(
    ["PLACE", "ERASED"],
    [
      ["events", `${events.erased} of ${events.looked}`],
      ["dead letters", deadLetters],
      ["identity cache", identity],
      ["users poll", usersPoll],
      ["pools", pools.join(" ")],
    ],
  );
}
