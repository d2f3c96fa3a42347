/** Reads Terraform as far as its structure goes: blocks, and attributes as the text of their expressions. */
export interface Block {
  type: string;
  labels: string[];
  attributes: Map<string, string>;
  blocks: Block[];
}

const CLOSING: Record<string, string> = { "{": "}", "[": "]", "(": ")" };

export function readHcl(text: string): Block {
  let at = 0;
  const fail = (what: string) => new Error(`line ${text.slice(0, at).split("\n").length}: ${what}`);

  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };

  const skip = () => match(/(?:\s|#[^\n]*)*/y);

  /** Up to the end of its line, or further as long as a bracket is open. */
  const readExpression = () => {
    const open: string[] = [];
    let expression = "";
    while (at < text.length && !(open.length === 0 && /[\n}#]/.test(text.charAt(at)))) {
      const comment = match(/#[^\n]*/y);
      if (comment !== undefined) continue;
      const part = match(/"(?:[^"\\\n]|\\.)*"/y) ?? text.charAt(at++);
      if (part === '"') throw fail("a string without an end");
      const closing = CLOSING[part];
      if (closing) open.push(closing);
      else if (/^[)\]}]$/.test(part) && open.pop() !== part) throw fail(`unexpected ${part}`);
      expression += part;
    }
    if (open.length > 0) throw fail(`no ${open.join(" ")}`);
    return expression.trim().replace(/\s+/g, " ");
  };

  const readBody = (block: Block, closed: boolean): Block => {
    for (;;) {
      skip();
      if (at >= text.length) {
        if (closed) throw fail(`${block.type} has no }`);
        return block;
      }
      if (match(/\}/y)) {
        if (!closed) throw fail("unexpected }");
        return block;
      }
      const name = match(/[A-Za-z_][\w-]*/y);
      if (!name) throw fail(`unexpected ${text.charAt(at)}`);
      match(/[ \t]*/y);
      if (match(/=(?!=)/y)) {
        if (block.attributes.has(name)) throw fail(`${name} twice`);
        block.attributes.set(name, readExpression());
        continue;
      }
      const labels: string[] = [];
      for (let label = match(/"[^"\n]*"\s*/y); label !== undefined; label = match(/"[^"\n]*"\s*/y)) {
        labels.push(label.trim().slice(1, -1));
      }
      if (!match(/\{/y)) throw fail(`${name} is neither attribute nor block`);
      // `required_providers` and the like may stand on one line: an expression then ends at the brace.
      block.blocks.push(readBody({ type: name, labels, attributes: new Map(), blocks: [] }, true));
    }
  };
  return readBody({ type: "file", labels: [], attributes: new Map(), blocks: [] }, false);
}

/** Every block below, and itself. */
export function allBlocks(block: Block): Block[] {
  return [block, ...block.blocks.flatMap(allBlocks)];
}

/** What names something that no block of the file declares, as `var.x` or `aws_iam_role.y`. */
export function undeclared(file: Block): string[] {
  const declared = new Set<string>();
  for (const { type, labels, attributes } of file.blocks) {
    if (type === "variable") declared.add(`var.${labels[0]}`);
    if (type === "module") declared.add(`module.${labels[0]}`);
    if (type === "resource") declared.add(labels.join("."));
    if (type === "data") declared.add(`data.${labels.join(".")}`);
    if (type === "locals") for (const name of attributes.keys()) declared.add(`local.${name}`);
  }
  return allBlocks(file)
    .flatMap((block) => [...block.attributes.values()])
    .flatMap((expression) => {
      // Texts are no references, but what they interpolate is.
      const bare = expression.replace(/"((?:[^"\\]|\\.)*)"/g, (_, text: string) =>
        [...text.matchAll(/\$\{([^}]*)\}/g)].map((found) => ` ${found[1]} `).join(""),
      );
      return bare.match(/(?<![\w.])(?:(?:var|local|module)\.\w+|(?:data\.)?(?:aws|archive)_\w+\.\w+)/g) ?? [];
    })
    .filter((reference) => !declared.has(reference));
}
