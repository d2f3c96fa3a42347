/**
 * Slices of JSON text, so that what a producer wrote goes on byte for byte: parsing and writing again would change
 * numbers beyond 2^53, duplicate keys and spacing. Both functions take text that JSON.parse has accepted.
 */

/** The text of the last member `name` of the object, as JSON.parse takes the last too; undefined without one. */
export function memberText(json: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (json[at] !== "}" && at < json.length) {
    const keyEnd = valueEnd(json, at);
    const key: unknown = JSON.parse(json.slice(at, keyEnd));
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = valueEnd(json, start);
    if (key === name) found = json.slice(start, end);
    at = skipSpace(json, end);
    if (json[at] === ",") at = skipSpace(json, at + 1);
  }
  return found;
}

/** The texts of the array's items. */
export function itemTexts(json: string): readonly string[] {
  const items: string[] = [];
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (json[at] !== "]" && at < json.length) {
    const end = valueEnd(json, at);
    items.push(json.slice(at, end));
    at = skipSpace(json, end);
    if (json[at] === ",") at = skipSpace(json, at + 1);
  }
  return items;
}

function skipSpace(json: string, start: number): number {
  let at = start;
  while (json[at] === " " || json[at] === "\n" || json[at] === "\r" || json[at] === "\t") at += 1;
  return at;
}

/** Where the value that starts at `start` ends. No recursion: nesting may be deep. */
function valueEnd(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    switch (json[at]) {
      case '"':
        at = stringEnd(json, at) - 1;
        if (depth === 0) return at + 1;
        break;
      case "{":
      case "[":
        depth += 1;
        break;
      case "}":
      case "]":
        // Depth 0: the bracket of the container around a number or a word.
        if (depth === 0) return trimEnd(json, at);
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
      case ",":
        if (depth === 0) return trimEnd(json, at);
        break;
    }
  }
  return json.length;
}

function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function trimEnd(json: string, end: number): number {
  let at = end;
  while (json[at - 1] === " " || json[at - 1] === "\n" || json[at - 1] === "\r" || json[at - 1] === "\t") at -= 1;
  return at;
}
