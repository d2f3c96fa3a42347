/**
 * The model of the user pools API as the SDK ships it: for each operation the members of its input and output, and
 * which of them AWS calls sensitive. The SDK writes schemas as arrays whose first element tells their kind.
 */
import * as sdk from "@aws-sdk/client-cognito-identity-provider";

export interface ModelNode {
  readonly kind: "text" | "boolean" | "number" | "time" | "blob" | "document" | "list" | "map" | "structure";
  readonly sensitive: boolean;
  /** Of a structure, under the names that CloudTrail gives them. */
  readonly members: ReadonlyMap<string, ModelNode>;
  /** Of a list or map. */
  readonly item?: ModelNode;
}

export interface ModelOperation {
  readonly input: ModelNode;
  readonly output: ModelNode;
}

const EXPORTS = new Map<string, unknown>(Object.entries(sdk));

/** The names of all commands of the SDK, without the ending. */
export const SDK_ACTIONS: readonly string[] = [...EXPORTS.keys()]
  .filter((name) => /^[A-Z]\w+Command$/.test(name))
  .map((name) => name.slice(0, -"Command".length));

export function modelOf(action: string): ModelOperation {
  const schema = EXPORTS.get(`${action}$`);
  if (!Array.isArray(schema) || schema[0] !== OPERATION) throw new Error(`the SDK has no schema of ${action}`);
  return { input: nodeOf(schema[4]), output: nodeOf(schema[5]) };
}

const SIMPLE = 0;
const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;
const OPERATION = 9;

const SCALARS: ReadonlyMap<number, ModelNode["kind"]> = new Map([
  [0, "text"],
  [1, "number"],
  [2, "boolean"],
  [4, "time"],
  [7, "time"],
  [15, "document"],
  [21, "blob"],
]);

/** Added to the number of a scalar. */
const LIST_OF = 64;
const MAP_OF = 128;

const NO_MEMBERS: ReadonlyMap<string, ModelNode> = new Map();

function nodeOf(reference: unknown): ModelNode {
  const schema: unknown = typeof reference === "function" ? reference() : reference;
  if (typeof schema === "number") return numbered(schema);
  if (schema === "unit") return { kind: "structure", sensitive: false, members: NO_MEMBERS };
  if (!Array.isArray(schema)) throw new Error(`no schema: ${String(schema)}`);
  // A member with traits of its own stands in a pair with them.
  if (schema.length === 2 && typeof schema[0] !== "number") return marked(nodeOf(schema[0]), schema[1]);
  return marked(ofKind(schema), schema[3]);
}

function numbered(schema: number): ModelNode {
  if (schema >= MAP_OF) return { kind: "map", sensitive: false, members: NO_MEMBERS, item: numbered(schema - MAP_OF) };
  if (schema >= LIST_OF)
    return { kind: "list", sensitive: false, members: NO_MEMBERS, item: numbered(schema - LIST_OF) };
  const kind = SCALARS.get(schema);
  if (kind === undefined) throw new Error(`a scalar of number ${schema}`);
  return { kind, sensitive: false, members: NO_MEMBERS };
}

function ofKind(schema: readonly unknown[]): ModelNode {
  switch (schema[0]) {
    case SIMPLE:
      return nodeOf(schema[4]);
    case LIST:
      return { kind: "list", sensitive: false, members: NO_MEMBERS, item: nodeOf(schema[4]) };
    case MAP:
      return { kind: "map", sensitive: false, members: NO_MEMBERS, item: nodeOf(schema[5]) };
    case STRUCTURE: {
      const [, , , , names, schemas] = schema;
      if (!Array.isArray(names) || !Array.isArray(schemas)) throw new Error("a structure without members");
      const members = names.map((name, at): [string, ModelNode] => [cloudTrailName(String(name)), nodeOf(schemas[at])]);
      return { kind: "structure", sensitive: false, members: new Map(members) };
    }
    default:
      throw new Error(`a schema of kind ${String(schema[0])}`);
  }
}

/** `UserPoolId` -> `userPoolId`, `MFAOptions` -> `mFAOptions`. */
function cloudTrailName(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}

/** Traits are bits, or an object that names them. */
function marked(node: ModelNode, traits: unknown): ModelNode {
  const SENSITIVE = 8;
  const named = typeof traits === "object" && traits !== null && "sensitive" in traits;
  const sensitive = named || (typeof traits === "number" && (traits & SENSITIVE) !== 0);
  return sensitive ? { ...node, sensitive } : node;
}
