import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderEventsPage } from "../../scripts/events-page.ts";
import { renderTypeNames } from "../../scripts/type-names.ts";

describe("what `npm run docs` writes", () => {
  it.each([
    ["docs/events.md", renderEventsPage],
    ["src/events/type-names.ts", renderTypeNames],
  ])("%s is current", (file, render) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")).toBe(render());
  });
});
