import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { root } from "../../src/config/schema-root.ts";
import { configOf, SECRET } from "./parsing.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);

/** A value of the right kind for each variable of the page that has no default. */
const env = Object.fromEntries(
  [...page.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = ""]) => [
    name,
    /^(CRM_(OLD_)?|FORWARDER_)SECRET$/.test(name) ? SECRET : "x",
  ]),
);

describe("docs/configuration.md", () => {
  it("has examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });

  it.each(examples)("this example is good:\n%s", (text) => {
    expect(configOf(text, env).subscriptions.length).toBeGreaterThan(0);
  });

  it("has a heading for each section", () => {
    const faults = root.safeParse({ nothing: 1 }).error?.issues[0]?.message ?? "";
    const sections = faults.replace(/^.*: /, "").split(", ");
    expect(sections).toContain("subscriptions");
    for (const section of sections) expect(page).toMatch(new RegExp(`^## .*\\b${section}\\b`, "m"));
  });
});
