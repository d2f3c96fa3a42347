import { describe, it } from "vitest";

/** What is not for every runtime: where it cannot be, its title says why. */
export function itWhere(holds: boolean, reason: string) {
  return function declare(title: string, play: () => Promise<void>): void {
    if (holds) it(title, play);
    else it.skip(`${title} [skipped: ${reason}]`, play);
  };
}

export function describeWhere(holds: boolean, reason: string) {
  return function declare(title: string, tests: () => void): void {
    if (holds) describe(title, tests);
    else describe.skip(`${title} [skipped: ${reason}]`, tests);
  };
}
