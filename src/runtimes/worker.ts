/** The door for Cloudflare Workers: passes requests on to the Durable Object that is the gateway. */
import { createWorker } from "./create-worker.ts";

const { handler, Gateway } = createWorker();

export { Gateway };
export default handler;
