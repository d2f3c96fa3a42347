/** Resolves when the work has come to its end, whatever that was, or after so long. */
export async function settledWithin(work: Promise<unknown> | undefined, graceMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const grace = new Promise<void>((resume) => {
    timer = setTimeout(resume, graceMs);
  });
  try {
    await Promise.race([work, grace]);
  } finally {
    clearTimeout(timer);
  }
}
