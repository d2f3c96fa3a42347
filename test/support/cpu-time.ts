/**
 * The CPU time that this process takes for the work, in milliseconds: for what must not take long by itself, as a clock
 * on the wall also counts what else the machine does.
 */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
