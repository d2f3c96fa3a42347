/**
 * The Worker with ../../poolcast.yaml in it, as a text module: for a configuration of more than the 5 KB that a variable or
 * a secret holds. Its secrets stay secrets, as ${NAME}. `npx wrangler deploy deploy/workers/with-file.ts`
 */
import text from "../../poolcast.yaml";
import { createWorker } from "../../src/runtimes/create-worker.ts";

const { handler, Gateway } = createWorker(text);

export { Gateway };
export default handler;
