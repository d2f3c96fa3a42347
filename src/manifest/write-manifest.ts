/** Objects to the text of a manifest, and objects that come to those that are there. */
import { Document, visit } from "yaml";
import { isObject } from "../core/json.ts";
import { groupOf, inReach, isKind, type ManifestObject } from "./object.ts";

export interface Change {
  readonly object: ManifestObject;
  readonly change: "created" | "replaced" | "unchanged" | "removed";
}

/** Documents as tmctl and `kubectl` read them. */
export function manifestText(trees: readonly unknown[]): string {
  return trees.map((tree) => `---\n${documentText(tree)}`).join("");
}

/** `kubectl` reads YAML 1.1, and this side 1.2: what was `yes` or `0o17` must stay a text to both. */
export function documentText(tree: unknown): string {
  const document = new Document(tree, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && OCTAL.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, directives: false });
}

/** All else that is no text to YAML 1.2 is none to 1.1 either. */
const OCTAL = /^0o[0-7]+$/;

/** An object that is there already is replaced in its place; the others keep theirs. `orphans` are Secrets to go. */
export function mergeObjects(
  present: readonly ManifestObject[],
  incoming: readonly ManifestObject[],
  orphans: readonly string[] = [],
): { readonly objects: readonly ManifestObject[]; readonly changes: readonly Change[] } {
  const goes = (one: ManifestObject) => isKind(one, "", "Secret") && orphans.includes(one.name);
  const objects = present.filter((one) => !goes(one));
  const changes = incoming.map((object): Change => {
    const at = objects.findIndex((one) => isSame(one, object));
    const before = objects[at];
    if (before === undefined) {
      objects.push(object);
      return { object, change: "created" };
    }
    objects[at] = object;
    return { object, change: JSON.stringify(before.tree) === JSON.stringify(object.tree) ? "unchanged" : "replaced" };
  });
  const removed = present.filter(goes).map((object): Change => ({ object, change: "removed" }));
  return { objects, changes: [...changes, ...removed] };
}

function isSame(one: ManifestObject, other: ManifestObject): boolean {
  const sameKind = groupOf(one.apiVersion) === groupOf(other.apiVersion) && one.kind === other.kind;
  return sameKind && one.name === other.name && inReach(one, other);
}

/** Whether a file of these objects is to be read by its owner alone. */
export function holdsSecrets(objects: readonly ManifestObject[]): boolean {
  return objects.some((one) => isKind(one, "", "Secret") || hasValue(one.tree.spec));
}

/** In front of a host, with a scheme or as `user:password@host:port`, which a RedisBroker may say. */
const CREDENTIAL = /:\/\/[^/]*@|^[^/]*:[^/]*@/;

/** A credential, or a URL with one, that stands in the object itself. */
function hasValue(tree: unknown): boolean {
  if (typeof tree === "string") return CREDENTIAL.test(tree);
  if (Array.isArray(tree)) return tree.some(hasValue);
  if (!isObject(tree)) return false;
  return Object.entries(tree).some(([key, value]) => (key === "value" && typeof value === "string") || hasValue(value));
}
