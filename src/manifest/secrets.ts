/** Values that stand in a Secret of the same manifest. https://kubernetes.io/docs/concepts/configuration/secret/ */
import type { Path } from "../config/fault-path.ts";
import { decodeBase64 } from "../core/event.ts";
import { isObject, member } from "../core/json.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { inReach, isKind, type ManifestObject, textAt } from "./object.ts";
import { fault, type Reading, secretVariable } from "./reading.ts";

/** So that a Secret `aws` with `access-key-id` makes no variable that means something to a process. */
const PREFIX = "secret";

/** A secret that stands in the object itself. */
export function inlineSecret(reading: Reading, object: ManifestObject, path: Path, value: string): string {
  return secretVariable(reading, [PREFIX, object.name, String(path.at(-1))], value);
}

/** `{ name, key }` as a reference into the configuration; undefined where a fault was found. */
export function fromSecret(
  reading: Reading,
  object: ManifestObject,
  path: Path,
  reference: unknown,
): string | undefined {
  const name = textAt(reference, ["name"]);
  const key = textAt(reference, ["key"]);
  if (name === undefined || key === undefined)
    return fault(reading, object, path, "needs the name of a Secret and a key in it");
  const secret = findSecret(reading.objects, object, name);
  if (secret === undefined) return fault(reading, object, path, `Secret/${name} is not in the manifest`);
  const value = readKey(secret, key);
  if (value.text === undefined) return fault(reading, object, path, `Secret/${name} ${value.problem}`);
  return secretVariable(reading, [PREFIX, name, key], value.text, { secret, key });
}

function findSecret(
  objects: readonly ManifestObject[],
  near: ManifestObject,
  name: string,
): ManifestObject | undefined {
  return objects.find((one) => isKind(one, "", "Secret") && one.name === name && inReach(one, near));
}

/** `stringData` wins over `data`, as it does when it is applied. What is wrong is said without the value. */
function readKey({ tree }: ManifestObject, key: string): { readonly text?: string; readonly problem: string } {
  const plain = member(tree.stringData, key);
  const encoded = member(tree.data, key);
  if (typeof plain === "string" && plain !== "") return { text: plain, problem: "" };
  if (plain === undefined && encoded === undefined) return { problem: `has no key ${key}` };
  if (typeof encoded !== "string" || encoded === "") return { problem: `holds nothing under ${key}` };
  const bytes = readBase64(encoded);
  const text = bytes && decodeUtf8(bytes);
  if (text === undefined) return { problem: `holds no base64 of a text under ${key}` };
  return { text, problem: "" };
}

function readBase64(text: string): Uint8Array | undefined {
  try {
    return decodeBase64(text);
  } catch {
    return undefined;
  }
}

/** `{ value } | { valueFromSecret: { name, key } }`, as the credentials of a source are given. */
export function readCredential(
  reading: Reading,
  object: ManifestObject,
  path: Path,
  written: unknown,
): string | undefined {
  const value = member(written, "value");
  const reference = member(written, "valueFromSecret");
  if (!isObject(written) || (value === undefined) === (reference === undefined)) {
    return fault(reading, object, path, "needs exactly one of value and valueFromSecret");
  }
  if (reference !== undefined) return fromSecret(reading, object, [...path, "valueFromSecret"], reference);
  if (typeof value !== "string" || value === "")
    return fault(reading, object, [...path, "value"], "must be a non-empty text");
  return inlineSecret(reading, object, path, value);
}
