/** The Worker in which the suites run: its objects lend their storage to the tests, and do nothing else. */
import { DurableObject } from "cloudflare:workers";

export class Store extends DurableObject {}

export default {};
