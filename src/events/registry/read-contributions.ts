import { READ_ACTIONS } from "../catalog/reads.ts";
import { snakeCase } from "../snake-case.ts";
import type { Contribution } from "./contribution.ts";

export function readContributions(): readonly Contribution[] {
  return READ_ACTIONS.flatMap((action) => {
    const name = `read.${snakeCase(action)}`;
    return [
      { name, description: `${action} was called, which changes nothing.`, actions: [action] },
      { name: `${name}_failed`, description: `A call of ${action}, which only reads, failed.`, actions: [action] },
    ];
  });
}
