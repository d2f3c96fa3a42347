/** What another configuration may change while a gateway runs. */
import type { Config, ConfigFault } from "./config.ts";

/** The listener and the broker are opened once; the rest follows the file. */
export function unreloadable(running: Config, next: Config): readonly ConfigFault[] {
  return (["listen", "broker"] as const)
    .filter((section) => JSON.stringify(running[section]) !== JSON.stringify(next[section]))
    .map((section) => ({ path: section, message: "cannot change while poolcast runs: restart it" }));
}

export function isSameConfig(one: Config, other: Config): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
