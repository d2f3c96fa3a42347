/** The forwarder Lambda, which is plain JavaScript, with its types. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { triggerEvent } from "./webhooks.ts";

export type Trigger = ReturnType<typeof triggerEvent>;

export interface LambdaContext {
  readonly awsRequestId: string;
  readonly getRemainingTimeInMillis: () => number;
  succeed(result: unknown): void;
  fail(error: unknown): void;
  done(error: unknown, result?: unknown): void;
}

type Callback = (error: unknown, result?: unknown) => void;

/** A function as Lambda knows it. */
export type Handler = (event: unknown, context: LambdaContext, callback: Callback) => unknown;

/** As Lambda calls what the forwarder exports; what a test leaves out of the context is not asked for. */
export type Entry = (event: unknown, context: Partial<LambdaContext> | undefined) => Promise<unknown>;

export interface Forwarder {
  readonly handler: Entry;
  readonly wrap: (original: Handler) => Entry;
}

export async function loadForwarder(): Promise<Forwarder> {
  return import(pathToFileURL(join(import.meta.dirname, "../../deploy/forwarder/index.mjs")).href);
}
