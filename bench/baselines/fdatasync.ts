/** Baseline B2: how often a second the disk confirms an append; nothing durable can be faster, one at a time. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const BLOCK = new Uint8Array(4096).fill(0x61);

export function fdatasyncRate(directory: string, windowMs: number): number {
  const path = join(directory, "fdatasync.bin");
  const descriptor = openSync(path, "w", 0o600);
  try {
    const startMs = performance.now();
    let syncs = 0;
    let elapsedMs = 0;
    while (elapsedMs < windowMs) {
      writeSync(descriptor, BLOCK);
      fdatasyncSync(descriptor);
      syncs += 1;
      elapsedMs = performance.now() - startMs;
    }
    return (syncs * 1000) / elapsedMs;
  } finally {
    closeSync(descriptor);
    rmSync(path);
  }
}
