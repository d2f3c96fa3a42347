/** Where a value stands in the configuration: keys of maps and indexes of lists. */
export type Path = readonly PropertyKey[];

const PLAIN_KEY = /^[A-Za-z0-9_-]{1,64}$/;
const SAFE_START = /^[A-Za-z0-9_.-]{0,64}/;

/** `pools[0].arn`, `subscriptions["a.b"].target`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = String(step);
    if (PLAIN_KEY.test(key)) return text === "" ? key : `${text}.${key}`;
    return `${text}["${shownKey(key)}"]`;
  }, "");
}

/**
 * A space forgotten after the colon (`{ secret:whsec_... }`) makes a secret part of a key, so a key is shown only up
 * to the first character that no key of ours has.
 */
function shownKey(key: string): string {
  const start = SAFE_START.exec(key)?.[0] ?? "";
  return start === key ? key : `${start}…`;
}
