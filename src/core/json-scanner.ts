/**
 * Finds the values of a JSON text of any size as its bytes come in, holding one value at a time: the items of a list
 * under one name in an object (`{"Records": [...]}`), those of a bare array, or values one behind the other, a line each
 * or with nothing between. What cannot be read is told, and its neighbours are found again: behind the next comma
 * of a list; elsewhere at the next line, never within a line of other text, where a user may have written an object.
 */

export type Scanned =
  /** `listed`: it is an item of the list with the name. */
  | { readonly kind: "value"; readonly value: unknown; readonly listed: boolean; readonly bytes: number }
  /** A piece that is no JSON, or that ends too early. */
  | { readonly kind: "broken" }
  | { readonly kind: "too_large" };

export interface JsonScanner {
  /** To be read to its end before the next call. The bytes must not change afterwards. */
  push(chunk: Uint8Array): Generator<Scanned>;
  /** What is told at the end of the text; nothing where it is whole. */
  end(): readonly Scanned[];
}

export interface JsonScannerOptions {
  readonly listName: string;
  /** Of one value. A larger one is skipped. */
  readonly maxBytes: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Spaces, and the byte order mark that some programs put in front. */
const BLANK: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0d, NEWLINE, 0xef, 0xbb, 0xbf]);

export function createJsonScanner({ listName, maxBytes }: JsonScannerOptions): JsonScanner {
  const name = new TextEncoder().encode(listName);
  // A byte that is no UTF-8 spoils its own text, not the record around it.
  const decoder = new TextDecoder();

  /** Where the values lie that are looked for now. */
  let place: "top" | "array" | "list" = "top";
  /**
   * `value`: in an object or array. `scalar`: in something else between the commas of a list. `line`: the same outside
   * of lists, where it ends with its line.
   */
  let mode: "between" | "value" | "scalar" | "line" = "between";
  let depth = 0;
  let inString = false;
  let escaped = false;

  /** How much of `name` the key that is being read has matched; -1: it is another one, or no key. */
  let matched = -1;
  let expectKey = false;
  /** The key was `name`, and what has followed so far allows its list to come. */
  let sought: "no" | "colon" | "list" = "no";

  /** Of the value that is being read: where it begins in this chunk, and what earlier chunks had of it. */
  let start = 0;
  let parts: Uint8Array[] = [];
  let size = 0;
  let tooLarge = false;
  /** It is the object around the list, whose other members are of no interest. */
  let around = false;

  let found: Scanned | undefined;

  function begin(at: number, as: "value" | "scalar" | "line", byte: number | undefined): void {
    mode = as;
    start = at;
    parts = [];
    size = 0;
    tooLarge = false;
    around = false;
    depth = 0;
    inString = false;
    escaped = false;
    matched = -1;
    sought = "no";
    expectKey = place === "top" && byte === OPEN_OBJECT;
  }

  function finish(chunk: Uint8Array, end: number): void {
    keep(chunk, end);
    mode = "between";
    if (!around) found = tooLarge ? { kind: "too_large" } : parse();
    parts = [];
  }

  function keep(chunk: Uint8Array, end: number): void {
    if (!around && !tooLarge && end > start) {
      parts.push(chunk.subarray(start, end));
      size += end - start;
      if (size > maxBytes) {
        tooLarge = true;
        parts = [];
      }
    }
    start = 0;
  }

  function parse(): Scanned {
    const text = parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
    try {
      return { kind: "value", value: JSON.parse(text), listed: place === "list", bytes: size };
    } catch {
      return { kind: "broken" };
    }
  }

  function between(chunk: Uint8Array, from: number): number {
    let at = from;
    while (BLANK.has(chunk[at]) || chunk[at] === COMMA) at += 1;
    const byte = chunk[at];
    if (byte === undefined) return at;
    if (byte === OPEN_ARRAY && place === "top") {
      place = "array";
      return at + 1;
    }
    if (byte === CLOSE_ARRAY && place === "array") {
      place = "top";
      return at + 1;
    }
    if (byte === CLOSE_ARRAY && place === "list") {
      place = "top";
      begin(at, "value", undefined);
      around = true;
      depth = 1;
      return at + 1;
    }
    const isTree = byte === OPEN_OBJECT || byte === OPEN_ARRAY;
    begin(at, isTree ? "value" : place === "top" ? "line" : "scalar", byte);
    return at;
  }

  /** Through an object or array to its end, or to where the list of the name begins. Most bytes are read here. */
  function tree(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (inString) {
        if (!inText(byte)) continue;
        // Strings have no line breaks: the quote that closes this one is missing. A list may lie on one line whole.
        if (place === "top") {
          around = false;
          mode = "between";
          found = { kind: "broken" };
          return at + 1;
        }
      } else if (byte === QUOTE) {
        inString = true;
        matched = expectKey && depth === 1 ? 0 : -1;
        sought = "no";
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (sought === "list" && depth === 1 && byte === OPEN_ARRAY) {
          parts = [];
          place = "list";
          mode = "between";
          return at + 1;
        }
        depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1;
        if (depth === 0) {
          finish(chunk, at + 1);
          return at + 1;
        }
      } else if (depth === 1) {
        atFirstLevel(byte);
      }
    }
    return chunk.length;
  }

  /** One byte of a string; true where it is a line break. */
  function inText(byte: number | undefined): boolean {
    if (escaped) {
      escaped = false;
    } else if (byte === BACKSLASH) {
      escaped = true;
      matched = -1;
    } else if (byte === QUOTE) {
      inString = false;
      if (matched === name.length) sought = "colon";
    } else if (byte === NEWLINE) {
      return true;
    } else if (matched >= 0) {
      matched = name[matched] === byte ? matched + 1 : -1;
    }
    return false;
  }

  function atFirstLevel(byte: number | undefined): void {
    if (byte === COMMA) {
      expectKey = place === "top";
      sought = "no";
    } else if (byte === COLON) {
      expectKey = false;
      sought = sought === "colon" ? "list" : "no";
    } else if (!BLANK.has(byte)) {
      sought = "no";
    }
  }

  function scalar(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (inString) {
        inText(byte);
      } else if (byte === QUOTE) {
        inString = true;
      } else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
        finish(chunk, at);
        return at;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth += 1;
      } else if (depth > 0 && (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY)) {
        depth -= 1;
      }
    }
    return chunk.length;
  }

  function line(chunk: Uint8Array, from: number): number {
    const at = chunk.indexOf(NEWLINE, from);
    if (at < 0) return chunk.length;
    finish(chunk, at);
    return at + 1;
  }

  const readers = { between, value: tree, scalar, line };

  return {
    *push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        at = readers[mode](chunk, at);
        if (found) yield found;
        found = undefined;
      }
      if (mode !== "between") keep(chunk, chunk.length);
    },
    end() {
      const whole = mode === "between" && place === "top";
      if (mode === "line") finish(new Uint8Array(), 0);
      else if (!whole) found = tooLarge && mode !== "between" ? { kind: "too_large" } : { kind: "broken" };
      const last = found ? [found] : [];
      found = undefined;
      return last;
    },
  };
}
