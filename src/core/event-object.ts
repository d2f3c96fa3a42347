import type { ContextAttributes } from "./context-attributes.ts";

/** A CloudEvent as an object, in the form of the JSON format: `data_base64` holds data that is no text. */
export interface EventObject extends ContextAttributes {
  readonly data?: unknown;
  readonly data_base64?: string | undefined;
  readonly [extension: string]: unknown;
}
