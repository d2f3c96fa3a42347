import { parseByteSize } from "../core/byte-size.ts";
import { parseDurationMs } from "../core/duration.ts";
import { leaf, oneOrMany } from "./section.ts";

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export const text = leaf("a non-empty text, in quotes where it looks like a number", (input) =>
  typeof input === "string" && input !== "" ? input : undefined,
);

export const texts = oneOrMany(text, "a list of texts");

export const boolean = leaf("true or false", readBoolean);

export function integer(min: number, max: number) {
  return leaf(`a whole number from ${min} to ${max}`, (input) => {
    const value = readNumber(input);
    return value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
  });
}

export function number(expected: string, accepts: (value: number) => boolean) {
  return leaf(expected, (input) => {
    const value = readNumber(input);
    return value !== undefined && accepts(value) ? value : undefined;
  });
}

/** Milliseconds of an ISO 8601 duration. */
export function duration({ min = 1, max = Number.MAX_SAFE_INTEGER }: Bounds = {}, limits = "longer than zero") {
  return leaf(`an ISO 8601 duration such as PT15S, PT5M or P7D, ${limits}`, (input) => {
    const ms = readDuration(input);
    return ms !== undefined && ms >= min && ms <= max ? ms : undefined;
  });
}

export const bytes = leaf("a size such as 1048576, 256KiB or 2MiB, at least 1 byte", (input) => {
  const size = typeof input === "number" ? input : typeof input === "string" ? parseByteSize(input) : undefined;
  return size !== undefined && Number.isSafeInteger(size) && size >= 1 ? size : undefined;
});

export function oneOf<const T extends string>(choices: readonly T[]) {
  return leaf(choices.length === 1 ? choices.join() : `one of ${formatChoices(choices)}`, (input) =>
    choices.find((choice) => choice === input),
  );
}

export function matching(pattern: RegExp, expected: string) {
  return leaf(expected, (input) => (typeof input === "string" && pattern.test(input) ? input : undefined));
}

export function formatChoices(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** A variable's value is always text, so the texts of a boolean count too. */
export function readBoolean(input: unknown): boolean | undefined {
  if (input === true || input === "true") return true;
  if (input === false || input === "false") return false;
  return undefined;
}

/** A variable's value is always text, so the decimal text of a number counts too. */
export function readNumber(input: unknown): number | undefined {
  if (typeof input === "number") return Number.isFinite(input) ? input : undefined;
  return typeof input === "string" && /^-?\d{1,16}(?:\.\d{1,16})?$/.test(input) ? Number(input) : undefined;
}

export function readDuration(input: unknown): number | undefined {
  return typeof input === "string" ? parseDurationMs(input) : undefined;
}
