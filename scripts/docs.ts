/** `npm run docs`: writes what is made of the catalogs of events. */
import { writeFileSync } from "node:fs";
import { renderEventsPage } from "./events-page.ts";
import { renderTypeNames } from "./type-names.ts";

const root = new URL("../", import.meta.url);

writeFileSync(new URL("src/events/type-names.ts", root), renderTypeNames());
writeFileSync(new URL("docs/events.md", root), renderEventsPage());
