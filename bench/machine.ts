import { readFileSync, realpathSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { DatabaseSync } from "node:sqlite";

/** Names and values as the table shows them. */
export type Machine = Readonly<Record<string, string>>;

export function describeMachine(directory: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: `${availableParallelism()} (load average when the run began: ${loadavg()[0]?.toFixed(2)})`,
    memory: `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
    kernel: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    sqlite: sqliteVersion(),
    "data on": fileSystemOf(directory),
  };
}

function sqliteVersion(): string {
  const database = new DatabaseSync(":memory:");
  try {
    return String(database.prepare("SELECT sqlite_version() AS version").get()?.version);
  } finally {
    database.close();
  }
}

/** The type of the deepest mount above the directory; Linux only. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
function fileSystemOf(directory: string): string {
  try {
    const path = `${realpathSync(directory)}/`;
    let best = { point: "", type: "unknown" };
    for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
      const [mount = "", source = ""] = line.split(" - ");
      const point = mount.split(" ")[4] ?? "";
      const covers = point !== "" && path.startsWith(point.endsWith("/") ? point : `${point}/`);
      if (covers && point.length >= best.point.length) best = { point, type: source.split(" ")[0] ?? "unknown" };
    }
    return best.type === "tmpfs" ? "tmpfs: no disk, so a sync costs nothing; choose another one with --dir" : best.type;
  } catch {
    return "unknown";
  }
}
