/** The text of src/events/type-names.ts. */
import { eventTypes } from "../src/events/registry.ts";

const LINE_WIDTH = 120;

export function renderTypeNames(): string {
  const lines: string[] = [];
  let line = " ";
  for (const name of eventTypes().keys()) {
    const item = ` "${name}",`;
    if (line.length + item.length > LINE_WIDTH) {
      lines.push(line);
      line = " ";
    }
    line += item;
  }
  return `${HEAD}export const EVENT_TYPES = [\n${[...lines, line].join("\n")}\n] as const;\n`;
}

const HEAD = `/** Every type of event by name. Made of the catalogs by \`npm run docs\`; nothing else is loaded with it. */
// biome-ignore format: one name a line would make this the longest file of all
`;
