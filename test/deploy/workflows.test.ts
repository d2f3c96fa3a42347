/** The workflows by their texts: what they pin, what each job may do, and in which order a release goes. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".github/workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const texts = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")] as const);
const release: Workflow = parse(readFileSync(join(FOLDER, "release.yml"), "utf8"));
const commands = ({ steps }: Job) => steps.map(({ run = "" }) => run).join("\n");
const needs = ({ needs = [] }: Job) => [needs].flat();

describe.each(texts)("%s", (_name, text) => {
  const { permissions, jobs }: Workflow = parse(text);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it("pins every action by its commit, with its version beside it", () => {
    const used = [...text.matchAll(/uses: (.*)$/gm)].map(([, action]) => action);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("gives nobody more rights than its job asks for, and every job an end", () => {
    expect(permissions).toEqual({ contents: "read" });
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    for (const one of checkouts) expect(one.with).toMatchObject({ "persist-credentials": false });
  });

  it("puts nothing into a command but variables, and knows no secret but its own token", () => {
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets.filter((name) => name !== "GITHUB_TOKEN")).toEqual([]);
  });

  it("runs what CI runs", () => {
    expect(existsSync(join(ROOT, ".ci/run"))).toBe(true);
    expect(commands(jobs.check ?? { steps: [] })).toContain(".ci/run");
  });
});

describe("a release", () => {
  it("begins with a tag, and publishes nothing that was not checked", () => {
    expect(release.on).toEqual({ push: { tags: [expect.stringMatching(/^v/)] } });
    const { check, pack, npm, image, release: last, ...others } = release.jobs;
    expect(others).toEqual({});
    if (!check || !pack || !npm || !image || !last) throw new Error("a job is missing");
    expect([check, pack, npm, image, last].map(needs)).toEqual([[], ["check"], ["pack"], ["pack"], ["npm", "image"]]);
  });

  it("is signed by npm for the workflow, in a job that runs nothing from a registry", () => {
    const holders = Object.entries(release.jobs).filter(([, { permissions = {} }]) => "id-token" in permissions);
    expect(holders.map(([name]) => name)).toEqual(["npm"]);
    const [[, job]] = holders as [[string, Job]];
    expect(commands(job)).toMatch(/npm publish \S+\.tgz --provenance .*--ignore-scripts/);
    for (const name of ["npm", "release"]) {
      const { steps } = release.jobs[name] ?? { steps: [] };
      expect(commands({ steps })).not.toMatch(/npm (?:ci|install|run|test)|npx|node_modules/);
      expect(steps.some(({ uses }) => uses?.startsWith("actions/checkout@"))).toBe(false);
    }
  });

  it("builds the image on bases by digest, and has the list of parts with it", () => {
    const { image, release: last } = release.jobs;
    expect(commands(image ?? { steps: [] })).toMatch(
      /BUILD_IMAGE=\$build@\$\(digest[\s\S]*RUNTIME_IMAGE=\$runtime@\$\(digest/,
    );
    expect(commands(image ?? { steps: [] })).toMatch(
      /SOURCE_DATE_EPOCH=\$\(git log[\s\S]*--output type=image,push=true,rewrite-timestamp=true/,
    );
    expect(commands(last ?? { steps: [] })).toMatch(/gh release create .*[\s\S]*poolcast\.cdx\.json SHA256SUMS/);
    const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
    for (const name of ["BUILD_IMAGE", "RUNTIME_IMAGE"])
      expect(dockerfile).toMatch(new RegExp(`^ARG ${name}=\\S+$`, "m"));
  });
});
