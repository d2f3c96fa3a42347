/** The text of src/events/type-names.ts. */
import { eventTypes } from "../src/events/registry.ts";

export function renderTypeNames(): string {
  const names = [...eventTypes().keys()].map((name) => `  "${name}",\n`).join("");
  return `${HEAD}export const EVENT_TYPES = [\n${names}] as const;\n`;
}

const HEAD = `/** Every type of event by name. Made of the catalogs by \`npm run docs\`; nothing else is loaded with it. */
`;
