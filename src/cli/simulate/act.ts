/** One thing that happened in the day, with the record that AWS wrote of it. */
import type { JsonObject } from "../../core/json.ts";

export interface Act {
  readonly atMs: number;
  readonly action: string;
  /** A whole sentence: who did what. */
  readonly note: string;
  /** Type of the event that the record makes, in full; undefined where the gateway ignores it. */
  readonly type: string | undefined;
  readonly quiet: boolean;
  readonly record: JsonObject;
}
