/** `npm run image:check`: the Dockerfile by its text, then, where buildah is, built and booted. Says what it skipped. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildah, canPull, hasBuildah } from "./buildah.ts";
import { bootFaults } from "./image-boot.ts";
import { dockerfileFaults, ignoreFaults, parseDockerfile } from "./image-rules.ts";
import { type Bases, makeStandIns } from "./image-stand-ins.ts";

const ROOT = join(import.meta.dirname, "..");
/** Checks that run at once on a machine share its store of images. */
const IMAGE = `localhost/poolcast-check:${process.pid}`;
/** What the image may add to its base. */
const MAX_APP_MB = 60;

const say = (line: string) => process.stdout.write(`image:check: ${line}\n`);
const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
const faults = [...dockerfileFaults(dockerfile), ...ignoreFaults(readFileSync(join(ROOT, ".dockerignore"), "utf8"))];
if (faults.length === 0) say("the Dockerfile and .dockerignore hold the rules");

if (hasBuildah()) faults.push(...(await buildAndBoot()));
else say("skipped: building and booting, since buildah is not installed (Debian: apt-get install buildah)");

for (const fault of faults) say(`FAULT: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function buildAndBoot(): Promise<readonly string[]> {
  const work = mkdtempSync(join(tmpdir(), "poolcast-image-"));
  const made = [IMAGE];
  try {
    const bases = basesOf(work);
    made.push(...Object.values(bases).filter((base) => base.startsWith("localhost/")));
    buildah(
      ...["bud", "--isolation", "chroot", "--format", "docker", "--pull-never", "--tag", IMAGE],
      ...["--build-arg", `BUILD_IMAGE=${bases.build}`, "--build-arg", `RUNTIME_IMAGE=${bases.runtime}`, ROOT],
    );
    say("built");
    const found = [...(await bootFaults(IMAGE))];
    if (found.length === 0) say("booted: took an event, was healthy, stopped in order on SIGTERM, refused to be open");
    say("skipped: a root file system that is read-only, which buildah cannot mount so; its user may not write there");
    const size = appMegabytes();
    say(`the app adds ${size} MB to its base`);
    if (size > MAX_APP_MB) found.push(`the app adds ${size} MB, more than ${MAX_APP_MB}`);
    return found;
  } finally {
    spawnSync("buildah", ["rmi", "--force", ...made]);
    rmSync(work, { recursive: true, force: true });
  }
}

/** The Dockerfile's own, where they can be had. */
function basesOf(work: string): Bases {
  const named = new Map(
    parseDockerfile(dockerfile)
      .filter(({ name }) => name === "ARG")
      .map(({ value }): [string, string] => [value.split("=")[0] ?? "", value.slice(value.indexOf("=") + 1)]),
  );
  const [build = "", runtime = ""] = [named.get("BUILD_IMAGE"), named.get("RUNTIME_IMAGE")];
  if (canPull(build) && canPull(runtime)) return { build, runtime };
  say(`skipped: ${build} and ${runtime}, which cannot be fetched; building on stand-ins made of this machine's node`);
  return makeStandIns(work);
}

function appMegabytes(): number {
  const container = buildah("from", "--pull-never", IMAGE);
  try {
    const app = join(buildah("mount", container), "app");
    const { stdout } = spawnSync("du", ["-sk", "--apparent-size", app], { encoding: "utf8" });
    return Math.round(Number.parseInt(stdout, 10) / 1024);
  } finally {
    buildah("rm", container);
  }
}
