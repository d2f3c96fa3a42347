import {
  type Document,
  isPair,
  isScalar,
  isSeq,
  type ParseOptions,
  parseAllDocuments,
  parseDocument,
  type SchemaOptions,
  visit,
  type YAMLError,
} from "yaml";
import { err, ok, type Result } from "../core/result.ts";
import type { Path } from "./fault-path.ts";
import type { Problem } from "./faults.ts";
import { toPlainTree } from "./plain-tree.ts";

/** How much the aliases of a file may multiply it. https://en.wikipedia.org/wiki/Billion_laughs_attack */
const MAX_ALIAS_COUNT = 100;

/** Faults that leave the rest of the document readable, so that its other faults can be told at once. */
const READABLE = new Set(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"]);

/** The messages of the parser quote the text, which may be a secret; these do not. */
const MESSAGES: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: "a text that starts with this character needs quotes",
  BAD_DQ_ESCAPE: "not an escape sequence of a \"...\" text; use '...' where backslashes stand for themselves",
  BAD_INDENT: "wrong indentation, or a bracket that is not closed",
  DUPLICATE_KEY: "the same key stands here a second time",
  MISSING_CHAR: "a quote, bracket, comma or colon is missing",
  MULTIPLE_DOCS: "only one YAML document is expected",
  NON_STRING_KEY: "a key must be a text",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab cannot be used to indent",
  TAG_RESOLVE_FAILED: "YAML tags (!...) are not supported; a text that starts with ! needs quotes",
};

/** An explicit schema holds against a `%YAML 1.1` line, under which `no` is false and 010 is 8. */
const OPTIONS = {
  schema: "core",
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
} as const satisfies ParseOptions & SchemaOptions;

const TOO_DEEP: readonly Problem[] = [{ path: [], message: "is nested too deeply to be read" }];

export interface YamlTree {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/** The tree a YAML text holds, with the faults that do not hide the rest of it; only faults where it is unreadable. */
export function readYaml(source: string): Result<YamlTree, readonly Problem[]> {
  const { text, restore } = protectReferences(source);
  const document = parsed(() => parseDocument(text, OPTIONS));
  return document ? readDocument(document, restore) : err(TOO_DEEP);
}

/** The trees of a text with several documents, as `kubectl` takes it, each with its faults; only one fault for them all. */
export function readYamlDocuments(source: string): readonly Result<YamlTree, readonly Problem[]>[] {
  const { text, restore } = protectReferences(source);
  const documents = parsed(() => parseAllDocuments(text, OPTIONS));
  if (documents === undefined) return [err(TOO_DEEP)];
  // A text without any is told by a list of its own.
  return "empty" in documents ? [] : documents.map((document) => readDocument(document, restore));
}

function readDocument(
  document: Document.Parsed,
  restore: (text: string) => string,
): Result<YamlTree, readonly Problem[]> {
  const errors = [...document.errors, ...document.warnings];
  const problems = errors.map((error) => describe(error, document, restore));
  if (!errors.every(({ code }) => READABLE.has(code))) return err(problems);

  const unresolved = findUnresolvedAliases(document, restore);
  if (unresolved.length > 0) return err([...problems, ...unresolved]);
  const expanded = expand(document);
  if (!expanded.ok) return err([...problems, expanded.error]);
  const tree = toPlainTree(expanded.value, restore);
  return ok({ value: tree.value, problems: [...problems, ...tree.problems] });
}

function expand(document: Document.Parsed): Result<unknown, Problem> {
  try {
    return ok(document.toJS({ maxAliasCount: MAX_ALIAS_COUNT }));
  } catch {
    return err({ path: [], message: "is too large to be read: its aliases multiply it, or it is nested too deeply" });
  }
}

/** Undefined where it is nested too deeply: the only way to fail here that is known is a stack overflow. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/**
 * In `{ key: ${NAME} }` the inner braces would be YAML's own. While YAML reads the text they are two characters that
 * mean nothing to it and that the text does not have; as many as before, so that lines and columns stay.
 */
function protectReferences(source: string): { readonly text: string; readonly restore: (text: string) => string } {
  const [open, close] = unusedCharacters(source);
  if (open === undefined || close === undefined) return { text: source, restore: (text) => text };
  return {
    text: source.replaceAll(/\$\{([^{}\n]*)\}/g, (_, inner: string) => `$${open}${inner}${close}`),
    restore: (text) => text.replaceAll(open, "{").replaceAll(close, "}"),
  };
}

function unusedCharacters(source: string): string[] {
  const found: string[] = [];
  for (let code = 0xe000; code <= 0xf8ff && found.length < 2; code++) {
    const character = String.fromCharCode(code);
    if (!source.includes(character)) found.push(character);
  }
  return found;
}

function describe(error: YAMLError, document: Document.Parsed, restore: (text: string) => string): Problem {
  const path = READABLE.has(error.code) ? pathAt(document, error.pos[0], restore) : [];
  const start = error.linePos?.[0];
  const place = start ? `line ${start.line}, column ${start.col}: ` : "";
  return { path, message: `${place}${MESSAGES[error.code] ?? "this is not valid YAML"}` };
}

function findUnresolvedAliases(document: Document.Parsed, restore: (text: string) => string): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, node, ancestors) {
      if (node.resolve(document) !== undefined) return;
      const message = "an alias without its anchor before it; a text that starts with * needs quotes";
      problems.push({ path: pathOf([...ancestors, node], restore), message });
    },
  });
  return problems;
}

/** The path of the key or value that begins at the offset, or next after it: a tag stands before what it is about. */
function pathAt(document: Document.Parsed, offset: number, restore: (text: string) => string): Path {
  let path: Path = [];
  visit(document, {
    Node(_, node, ancestors) {
      if ((node.range?.[0] ?? -1) < offset) return;
      path = pathOf([...ancestors, node], restore);
      return visit.BREAK;
    },
  });
  return path;
}

/** `line` leads from the document to a node within it. */
function pathOf(line: readonly unknown[], restore: (text: string) => string): Path {
  const path: PropertyKey[] = [];
  for (const [index, node] of line.entries()) {
    if (isSeq(node)) path.push(node.items.indexOf(line[index + 1]));
    if (isPair(node) && isScalar(node.key)) path.push(restore(String(node.key.value)));
  }
  return path.filter((step) => step !== -1);
}
