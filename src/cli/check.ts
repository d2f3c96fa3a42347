import { Command } from "commander";
import { loadPlace, type PlaceOptions, placeOf, withPlaceOptions, wordFor, writeFaults } from "./load-config.ts";

export function checkCommand(): Command {
  return withPlaceOptions(new Command("check").description("validate the configuration and report every fault in it"))
    .option("--json", "print the result as JSON")
    .action(check);
}

async function check({ json, ...options }: PlaceOptions & { readonly json?: boolean }): Promise<void> {
  const place = await placeOf(options, process.env);
  const loaded = loadPlace(place, process.env);
  const what = wordFor(place);
  const notes = loaded.ok ? loaded.value.notes : [];
  if (json) {
    const faults = loaded.ok ? [] : loaded.error;
    process.stdout.write(
      `${JSON.stringify({ valid: loaded.ok, faults, ...(place.kind === "manifest" && { notes }) })}\n`,
    );
    if (!loaded.ok) process.exitCode = 2;
    return;
  }
  writeFaults(notes, what);
  if (!loaded.ok) {
    writeFaults(loaded.error, what);
    process.exitCode = 2;
    return;
  }
  const { listen, broker, pools, subscriptions } = loaded.value.config;
  process.stdout.write(
    `the ${what} is valid: ${listen.host}:${listen.port}, ${broker.kind} broker, ` +
      `${pools.length} pools, subscriptions: ${subscriptions.map(({ name }) => name).join(", ")}\n`,
  );
}
