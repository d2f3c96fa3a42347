/** `poolcast subscription`: how subscriptions are, and whether they may deliver. */
import { Command } from "commander";
import type { SubscriptionChange, SubscriptionView } from "../routes/admin-port.ts";
import { runAdmin } from "./admin/run.ts";
import { type RawAdminOptions, withAdminOptions } from "./admin/settings.ts";
import { pathOf } from "./admin/subscription-name.ts";
import { printJson, table } from "./admin/table.ts";

const CHANGES: readonly (readonly [SubscriptionChange, string])[] = [
  ["pause", "deliver nothing until it is resumed; events wait, and do not age"],
  ["resume", "end a pause"],
  ["disable", "deliver nothing until it is enabled, as after a 410 of the target"],
  ["enable", "deliver again after a 410 or a disable"],
];

export function subscriptionCommand(): Command {
  const command = new Command("subscription").description("list subscriptions, pause, resume, disable and enable them");
  command.addCommand(
    withAdminOptions(new Command("list").description("how every subscription is, and how much waits")).action(list),
  );
  for (const [change, description] of CHANGES) {
    const one = new Command(change).description(description).argument("<name>", "of the subscription");
    command.addCommand(withAdminOptions(one).action((name, raw) => act(change, name, raw)));
  }
  return command;
}

async function list(raw: RawAdminOptions): Promise<void> {
  await runAdmin(raw, async (ask, from) => {
    const answer = (await ask("GET", "/subscriptions")) as { readonly subscriptions: readonly SubscriptionView[] };
    if (raw.json) return printJson(answer);
    if (from === "file") process.stderr.write("poolcast: no gateway runs; this is what its store says\n");
    process.stdout.write(show(answer.subscriptions));
  });
}

function act(change: SubscriptionChange, name: string, raw: RawAdminOptions): Promise<void> {
  return runAdmin(raw, async (ask) => {
    const view = (await ask("POST", `${pathOf(name)}/${change}`)) as SubscriptionView;
    if (raw.json) printJson(view);
    else process.stdout.write(show([view]));
  });
}

function show(views: readonly SubscriptionView[]): string {
  const rows = views.map(({ name, state, breaker, pending, leased, dead, ...since }) => [
    name,
    state,
    breaker,
    pending,
    leased,
    dead,
    since.disabledSince ?? since.pausedSince ?? "",
    since.reason ?? "",
  ]);
  return table(["SUBSCRIPTION", "STATE", "BREAKER", "PENDING", "LEASED", "DEAD", "SINCE", "REASON"], rows);
}
