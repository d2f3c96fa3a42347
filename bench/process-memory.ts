import { readFileSync } from "node:fs";

/** Resident memory of a process; not a number where the system does not tell (other than Linux). */
export function processMemoryMiB(pid: number): number {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kibibytes) / 1024;
  } catch {
    return Number.NaN;
  }
}
