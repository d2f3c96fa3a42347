/**
 * Calls of `work` in a second of processor time, so that what else runs on the machine does not count. `work` answers
 * something that depends on all it did, so that none of it can be left out.
 */
export function callRate(work: () => number, windowMs: number): number {
  const CALLS = 500;
  const start = process.cpuUsage();
  let calls = 0;
  let usedMs = 0;
  let sum = 0;
  while (usedMs < windowMs) {
    for (let call = 0; call < CALLS; call++) sum += work();
    calls += CALLS;
    const { user, system } = process.cpuUsage(start);
    usedMs = (user + system) / 1000;
  }
  if (sum === 0) throw new Error("the work came to nothing");
  return (calls * 1000) / usedMs;
}
