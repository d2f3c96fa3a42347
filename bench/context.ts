import type { BenchOptions } from "./options.ts";
import type { CaseReport } from "./report.ts";
import type { Resources } from "./resources.ts";

export interface BenchContext {
  readonly options: BenchOptions;
  /** Released when the case is over. */
  readonly resources: Resources;
}

export type BenchCase = (context: BenchContext) => Promise<CaseReport>;
