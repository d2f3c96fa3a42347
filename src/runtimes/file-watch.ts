/** Notices that a file changed by looking at it: that works on every file system, and through the links of a ConfigMap. */
import { stat } from "node:fs/promises";

/**
 * Calls `onChange` when the file is another one than before and has stayed so for one look: a file that is being
 * written is not read. One that is not there counts as another one too.
 */
export function watchFile(path: string, onChange: () => void, everyMs: number): { stop(): void } {
  let seen: string | undefined;
  let told: string | undefined;

  async function look(): Promise<void> {
    const now = await marksOf(path);
    if (now === seen && told !== undefined && now !== told) {
      told = now;
      onChange();
    }
    told ??= now;
    seen = now;
  }

  const timer = setInterval(look, everyMs);
  // It must not keep a process alive that has nothing else to do.
  timer.unref();
  look();
  return { stop: () => clearInterval(timer) };
}

async function marksOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch {
    return "gone";
  }
}
