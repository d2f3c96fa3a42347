/** What poolcast's Dockerfile must hold, checked in its text: no engine is needed. */

export interface Instruction {
  /** As `FROM`. */
  readonly name: string;
  readonly value: string;
}

/** Instructions in order; comments are gone, continued lines are one. */
export function parseDockerfile(text: string): readonly Instruction[] {
  return text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n")
    .replace(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => {
      const [, name = "", value = ""] = /^\s*(\S+)\s*(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), value: value.trim() };
    });
}

const LABELS = ["title", "description", "licenses", "version", "revision"];
const SHELLS = /^(?:.*\/)?(?:ba|da)?sh$|^(?:.*\/)?(?:npm|npx)$/;

/** What is wrong with it, one sentence each; nothing, where all is well. */
export function dockerfileFaults(text: string): readonly string[] {
  const all = parseDockerfile(text);
  const first = all.findIndex(({ name }) => name === "FROM");
  const last = all.findLastIndex(({ name }) => name === "FROM");
  const image = all.slice(last + 1);
  const valuesOf = (wanted: string) => image.filter(({ name }) => name === wanted).map(({ value }) => value);
  const faults: string[] = [];
  const must = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };

  must(first !== last, "there is one stage only: what builds would be in the image");
  const bases = new Map(
    all
      .slice(0, first)
      .filter(({ name }) => name === "ARG")
      .map(({ value }): [string, string] => [value.split("=")[0] ?? "", value.slice(value.indexOf("=") + 1)]),
  );
  for (const { value } of all.filter(({ name }) => name === "FROM")) {
    const base = bases.get(/^\$\{(\w+)\}/.exec(value)?.[1] ?? "");
    must(base !== undefined, `FROM ${value}: the base is no ARG, so nobody can pin it by digest`);
    if (base !== undefined) must(/[:@][^/]+$/.test(base) && !/:latest$/.test(base), `${base} names no version`);
  }

  for (const { value } of all.filter(({ name }) => name === "RUN")) {
    for (const [command] of value.matchAll(/\bnpm (?:ci|install|i)\b[^&|;]*/g)) {
      must(command.startsWith("npm ci"), `${command.trim()}: not what the lock file says`);
      must(command.includes("--ignore-scripts"), `${command.trim()}: runs scripts of packages`);
    }
  }
  const stages = stagesOf(all);
  const modules = valuesOf("COPY").find((value) => value.includes("node_modules"));
  const from = stages.get(/--from=(\S+)/.exec(modules ?? "")?.[1] ?? "") ?? [];
  must(
    from.some(({ name, value }) => name === "RUN" && value.includes("--omit=dev")),
    "node_modules of the image do not come from a stage with production dependencies only",
  );

  must(valuesOf("RUN").length === 0, "the last stage runs something, and its base has no shell");
  must(
    image.every(({ name }) => name !== "ADD"),
    "ADD fetches and unpacks: COPY says what it does",
  );
  must(
    valuesOf("COPY").every((value) => !/\s\.\/?\s/.test(` ${value} `)),
    "the image takes a whole directory of whatever is there",
  );
  const user = /^(\d+)(?::(\d+))?$/.exec(valuesOf("USER").at(-1) ?? "");
  must(user !== null && Number(user[1]) > 0, "USER is no number above 0: Kubernetes cannot see that it is not root");
  for (const name of ["ENTRYPOINT", "CMD"]) {
    const command = execForm(valuesOf(name).at(-1) ?? "");
    must(command !== undefined, `${name} is not in exec form: a shell would get the signals`);
    must(!SHELLS.test(command?.[0] ?? ""), `${name} begins with a program that keeps signals to itself`);
  }
  const health = /CMD\s+(\[.*\])$/.exec(valuesOf("HEALTHCHECK").at(-1) ?? "")?.[1];
  must(execForm(health ?? "")?.[0]?.endsWith("/node") === true, "HEALTHCHECK is not node in exec form");
  must(valuesOf("VOLUME").join() === '["/data"]', "there is not one volume, /data");
  must(
    valuesOf("STOPSIGNAL").every((value) => value === "SIGTERM"),
    "STOPSIGNAL is not SIGTERM",
  );
  must(
    valuesOf("ENV").some((value) => value.includes("NODE_ENV=production")),
    "NODE_ENV is not production",
  );
  const labels = valuesOf("LABEL").join(" ");
  for (const label of LABELS) {
    must(
      labels.includes(`org.opencontainers.image.${label}=`),
      `the label org.opencontainers.image.${label} is missing`,
    );
  }
  const told = all.filter(({ name }) => name === "ARG" || name === "ENV").map(({ value }) => value);
  must(!/(?:secret|token|password|api_?key)\w*=/i.test(told.join(" ")), "ARG or ENV holds what looks like a secret");
  return faults;
}

/** An ignore file that begins with `*` names what may come in; any other forgets something some day. */
export function ignoreFaults(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  const faults = lines[0] === "*" ? [] : [".dockerignore does not begin with *"];
  for (const name of ["node_modules", "data", ".git", "dist", "test"]) {
    if (lines.includes(`!${name}`)) faults.push(`.dockerignore lets ${name} in`);
  }
  return faults;
}

function stagesOf(all: readonly Instruction[]): ReadonlyMap<string, readonly Instruction[]> {
  const stages = new Map<string, Instruction[]>();
  let current: Instruction[] = [];
  for (const instruction of all) {
    if (instruction.name === "FROM") {
      current = [];
      stages.set(/\sAS\s+(\S+)/i.exec(instruction.value)?.[1] ?? "", current);
    }
    current.push(instruction);
  }
  return stages;
}

function execForm(value: string): readonly string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) && parsed.every((one) => typeof one === "string") ? parsed : undefined;
  } catch {
    return undefined;
  }
}
