/**
 * Bases made of this machine's own node, npm and shell, with the libraries that they load: for building and booting the
 * image where no registry of images can be reached. The one to run on has node and nothing else, as the real one.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildah } from "./buildah.ts";

const PEOPLE = "root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n";
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

export interface Bases {
  readonly build: string;
  readonly runtime: string;
}

/** `directory` is an empty one, in which it works. */
export function makeStandIns(directory: string): Bases {
  const runtime = join(directory, "runtime");
  addProgram(runtime, process.execPath, "/nodejs/bin/node");
  addCertificates(runtime);
  const build = join(directory, "build");
  addProgram(build, process.execPath, "/usr/local/bin/node");
  for (const path of ["/bin/sh", "/bin/mkdir", "/usr/bin/env"]) addProgram(build, path, path);
  addCertificates(build);
  for (const root of [runtime, build]) addPeople(root);
  addNpm(build);
  return { build: commit(build, "build", "root"), runtime: commit(runtime, "runtime", "65532") };
}

function addProgram(root: string, from: string, to: string): void {
  copy(from, join(root, to));
  const libraries = execFileSync("ldd", [realpathSync(from)], { encoding: "utf8" });
  for (const [, path = ""] of libraries.matchAll(/(?:^\s*|=> )(\/\S+)/gm)) copy(path, join(root, path));
}

function addCertificates(root: string): void {
  if (existsSync(CERTIFICATES)) copy(CERTIFICATES, join(root, CERTIFICATES));
}

function addPeople(root: string): void {
  for (const path of ["root", "tmp", "etc"]) mkdirSync(join(root, path), { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  writeFileSync(join(root, "etc/passwd"), PEOPLE);
}

/** With the registry that npm uses here. */
function addNpm(root: string): void {
  const npm = (...args: readonly string[]) => execFileSync("npm", args, { encoding: "utf8" }).trim();
  const home = "usr/local/lib/node_modules/npm";
  cpSync(join(npm("root", "--global"), "npm"), join(root, home), { recursive: true, dereference: true });
  symlinkSync(`/${home}/bin/npm-cli.js`, join(root, "usr/local/bin/npm"));
  mkdirSync(join(root, "usr/local/etc"), { recursive: true });
  writeFileSync(
    join(root, "usr/local/etc/npmrc"),
    `registry=${npm("config", "get", "registry")}\nupdate-notifier=false\n`,
  );
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(from), to);
}

function commit(root: string, name: string, user: string): string {
  const tag = `localhost/poolcast-check-${name}:${process.pid}`;
  const file = `${root}.Dockerfile`;
  writeFileSync(
    file,
    `FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin NODE_EXTRA_CA_CERTS=${CERTIFICATES}\nUSER ${user}\n`,
  );
  buildah("bud", "--isolation", "chroot", "--tag", tag, "--file", file, root);
  return tag;
}
