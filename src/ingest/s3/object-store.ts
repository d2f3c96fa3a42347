/** The port to what keeps the files: Amazon S3, or a store that speaks as it does. */
import type { Result } from "../../core/result.ts";
import type { S3File } from "./file.ts";
import type { FailureCode } from "./work.ts";

export interface ObjectStore {
  /**
   * Opens the object, and resolves when its bytes begin to come: as they lie there, or unpacked, where the client did
   * that by itself. Reading them rejects where they break off. Nothing is tried twice: that is the caller's to decide.
   * When the signal aborts, what is under way rejects and its connection is let go.
   */
  open(file: S3File, signal: AbortSignal): Promise<Result<AsyncIterable<Uint8Array>, ObjectFailure>>;
}

export interface ObjectFailure {
  readonly code: FailureCode;
  /** What the store calls it: `AccessDenied`. Never its message, which may quote what was sent. */
  readonly error?: string | undefined;
}

/** Unpacks gzip of one or several members. Reading rejects where it is none, or breaks off. */
export type Unpack = (packed: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
