/**
 * The values of a text that holds several: one a line, or one behind the other with nothing between, as Amazon Data
 * Firehose joins them (https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html).
 * What cannot be read is counted, and its neighbours are found again: at the next line, or where one object follows
 * another. An object is never looked for within a line of other text, where a user may have written it.
 */

export interface JsonValues {
  readonly values: readonly unknown[];
  /** Pieces that are no JSON. */
  readonly broken: number;
}

/** A text of nothing but broken beginnings would be read to its end once for each of them. */
const MAX_REREADS = 8;

export function readJsonValues(text: string): JsonValues {
  const whole = parse(text);
  if (whole) return { values: [whole.value], broken: 0 };
  const values: unknown[] = [];
  let broken = 0;
  let spare = MAX_REREADS * text.length;
  for (let at = skipBetween(text, 0); at < text.length; at = skipBetween(text, at)) {
    const { end, closed } = spare > 0 ? scan(text, at) : { end: lineEnd(text, at), closed: true };
    const piece = closed ? parse(text.slice(at, end)) : undefined;
    if (piece) {
      values.push(piece.value);
      at = end;
    } else {
      broken += 1;
      spare -= end - at;
      at = spare > 0 ? nextStart(text, at) : Math.max(end, lineEnd(text, at));
    }
  }
  return { values, broken };
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Spaces, byte order marks among them, and the commas of a list without brackets. */
function skipBetween(text: string, start: number): number {
  const between = /[\s,]*/y;
  between.lastIndex = start;
  between.test(text);
  return between.lastIndex;
}

/** Where the object or array that starts at `start` is closed, or where it is clear that it never will be. */
function scan(text: string, start: number): { readonly end: number; readonly closed: boolean } {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at += 1;
      else if (character === '"') inString = false;
      // Strings have no line breaks: the quote that closes this one is missing.
      else if (character === "\n") return { end: at, closed: false };
    } else if (character === '"') {
      inString = true;
    } else if (character === "{" || character === "[") {
      depth += 1;
    } else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) return { end: at + 1, closed: true };
    }
    // Only objects and arrays show where they end.
    if (depth === 0) return { end: at + 1, closed: false };
  }
  return { end: text.length, closed: false };
}

function nextStart(text: string, start: number): number {
  const boundary = /\n|\}(?=[ \t\r]*\{)/g;
  boundary.lastIndex = start;
  return boundary.test(text) ? boundary.lastIndex : text.length;
}

function lineEnd(text: string, start: number): number {
  const at = text.indexOf("\n", start);
  return at < 0 ? text.length : at;
}
