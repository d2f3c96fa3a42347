import { isObject, member } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Config, ConfigFault } from "./config.ts";
import { crossCheck } from "./cross-checks.ts";
import { notAt, type Problem, problemsOf, toFaults } from "./faults.ts";
import { type Environment, interpolate, variable } from "./interpolate.ts";
import { type Platform, PROCESS } from "./platform.ts";
import { DEFAULT_HOST, host, port, root } from "./schema-root.ts";
import { impliedSubscription } from "./schema-subscription.ts";
import { readYaml } from "./yaml-text.ts";

/** The configuration a YAML text stands for, or everything that is wrong with it. Without a text, all defaults. */
export function parseConfig(
  text: string | undefined,
  env: Environment,
  platform: Platform = PROCESS,
): Result<Config, readonly ConfigFault[]> {
  const yaml = readYaml(text ?? "");
  const { listenHost: fixedHost } = platform;
  const listen =
    fixedHost === undefined ? readListenVariables(env) : { host: fixedHost, port: undefined, problems: [] };
  if (!yaml.ok) return err(toFaults([...yaml.error, ...listen.problems]));

  const filled = interpolate(yaml.value.value, env);
  const tree = withBrokerKind(withoutEmptySections(filled.value), platform.broker);
  const parsed = root.safeParse(tree);
  const unusable = [...yaml.value.problems, ...filled.problems];
  const judged = [
    ...(parsed.success ? [] : problemsOf(parsed.error)),
    ...crossCheck(tree, listenHost(tree, listen.host)),
  ];
  const problems = [...unusable, ...notAt(unusable, judged), ...listen.problems];
  if (problems.length > 0 || !parsed.success) return err(toFaults(problems));

  const { subscriptions, triggers, listen: written, ...config } = parsed.data;
  const all = [...subscriptions, ...triggers];
  return ok({
    ...config,
    listen: { host: listen.host ?? written.host, port: listen.port ?? written.port },
    subscriptions: all.length > 0 ? all : [impliedSubscription()],
  });
}

/** What is said of a broker without its kind is said of the one that this platform has. */
function withBrokerKind(tree: unknown, kind: Platform["broker"]): unknown {
  const broker = member(tree, "broker") ?? {};
  if (!isObject(tree) || !isObject(broker) || Object.hasOwn(broker, "kind")) return tree;
  return { ...tree, broker: { kind, ...broker } };
}

/** PORT and HOST, which platforms set, win over the file; set to nothing they count as not set. */
function readListenVariables(env: Environment) {
  const problems: Problem[] = [];
  const [HOST, PORT] = [variable(env, "HOST") || undefined, variable(env, "PORT") || undefined];
  const readHost = host.optional().safeParse(HOST);
  const readPort = port.optional().safeParse(PORT);
  if (!readHost.success) problems.push(...below("HOST", problemsOf(readHost.error)));
  if (!readPort.success) problems.push(...below("PORT", problemsOf(readPort.error)));
  return { host: readHost.data, port: readPort.data, problems };
}

function below(name: string, problems: readonly Problem[]): Problem[] {
  return problems.map(({ path, message }) => ({ path: [name, ...path], message }));
}

/** A host that is at fault is taken for the default: what it would have to satisfy is not known yet. */
function listenHost(tree: unknown, fromEnv: string | undefined): string {
  const read = host.safeParse(member(member(tree, "listen"), "host"));
  return fromEnv ?? (read.success && !read.data.includes("${") ? read.data : DEFAULT_HOST);
}

/**
 * A section whose keys are all commented out is null in YAML, and counts as left out. `ingest` does not: that it
 * stands there says that no route is to be open but those it names.
 */
function withoutEmptySections(tree: unknown): unknown {
  if (tree === null) return {};
  if (!isObject(tree)) return tree;
  const sections = Object.entries(tree).map(([key, value]) => [key, key === "ingest" ? (value ?? {}) : value] as const);
  return Object.fromEntries(sections.filter(([key, value]) => value !== null || !SECTIONS.has(key)));
}

const SECTIONS = new Set(["listen", "broker", "pools", "adminKeys", "egress", "subscriptions", "triggers"]);
