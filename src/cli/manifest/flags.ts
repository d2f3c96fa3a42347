/** Dotted flags, and values that are the names of files. */
import { readFileSync, statSync } from "node:fs";
import { type Command, Option } from "commander";
import type { FlagValues, SchemaLeaf } from "../../manifest/schema.ts";

const SECRETS: ReadonlySet<SchemaLeaf["kind"]> = new Set(["valueFromSecret", "secretKeyRef"]);

/** commander keeps a flag `--a.b.c` under the name `a.b.c`. */
export function withLeaves(command: Command, leaves: readonly SchemaLeaf[]): Command {
  for (const { path, kind, description } of leaves) {
    command.addOption(new Option(kind === "boolean" ? `--${path}` : `--${path} <value>`, description));
  }
  return command;
}

/** As given, but what is secret may stand in a file, so that it need not stand on a command line. */
export function flagValues(leaves: readonly SchemaLeaf[], options: Readonly<Record<string, unknown>>): FlagValues {
  return Object.fromEntries(
    leaves.map(({ path, kind }) => {
      const value = options[path];
      if (typeof value === "string") return [path, SECRETS.has(kind) ? textOrFile(value) : value];
      return [path, value === true ? true : undefined];
    }),
  );
}

/** An editor ends a file with a newline that is no part of a key. */
export function textOrFile(value: string): string {
  try {
    return statSync(value).isFile() ? readFileSync(value, "utf8").replace(/\r?\n$/, "") : value;
  } catch {
    return value;
  }
}
