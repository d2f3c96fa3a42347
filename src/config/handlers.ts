/** Subscriptions of a program that the gateway is part of: they have a function of that program for a target. */
import { err, ok, type Result } from "../core/result.ts";
import type { Config, ConfigFault } from "./config.ts";
import { problemsOf, toFaults } from "./faults.ts";
import { handled } from "./schema-subscription.ts";

/** The configuration with these subscriptions beside its own, or what is wrong with them. `written`: as in YAML, by name. */
export function withHandlers(config: Config, written: unknown): Result<Config, readonly ConfigFault[]> {
  const parsed = handled.safeParse(written);
  if (!parsed.success) {
    return err(toFaults(problemsOf(parsed.error).map((one) => ({ ...one, path: ["handlers", ...one.path] }))));
  }
  // Events are printed only where nobody is there to take them.
  const own = config.subscriptions.filter(({ target }) => target.kind !== "stdout");
  const taken = new Set(own.map(({ name }) => name));
  const twice = parsed.data.filter(({ name }) => taken.has(name));
  if (twice.length > 0) {
    const message = "stands under subscriptions too; a name can be used once";
    return err(twice.map(({ name }) => ({ path: `handlers.${name}`, message })));
  }
  return ok(parsed.data.length === 0 ? config : { ...config, subscriptions: [...own, ...parsed.data] });
}
