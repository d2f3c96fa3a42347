/** Reads CloudFormation templates: `!Ref x` becomes `{ Ref: "x" }`, `!GetAtt a.b` `{ "Fn::GetAtt": "a.b" }`. */
import { parseDocument } from "yaml";
import { z } from "zod";

const TAGS = ["Ref", "Sub", "GetAtt", "If", "Equals", "Not", "And", "Or"];

const full = (name: string) => (name === "Ref" ? name : `Fn::${name}`);

const customTags = TAGS.flatMap((name) => [
  { tag: `!${name}`, resolve: (value: string) => ({ [full(name)]: value }) },
  {
    tag: `!${name}`,
    collection: "seq" as const,
    resolve: (value: { toJSON(): unknown }) => ({ [full(name)]: value.toJSON() }),
  },
]);

const Parameter = z.looseObject({ Type: z.string(), NoEcho: z.boolean().optional() });
const Resource = z.strictObject({
  Type: z.string(),
  Condition: z.string().optional(),
  DependsOn: z.string().optional(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()),
});
const Template = z.looseObject({
  AWSTemplateFormatVersion: z.literal("2010-09-09"),
  Parameters: z.record(z.string(), Parameter),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), Resource),
  Outputs: z.record(z.string(), z.unknown()),
});
export type Template = z.infer<typeof Template>;

export function readTemplate(text: string): Template {
  const document = parseDocument(text, { customTags });
  // A tag that is not known is a warning only, and would be dropped.
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw fault;
  return Template.parse(document.toJS());
}

/** Every object below, and itself. */
export function allObjects(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(allObjects);
  if (typeof value !== "object" || value === null) return [];
  const object: Record<string, unknown> = { ...value };
  return [object, ...Object.values(object).flatMap(allObjects)];
}

/** What names something that is not in the template. */
export function undeclared(template: Template): string[] {
  const resources = Object.keys(template.Resources);
  const values = new Set([...resources, ...Object.keys(template.Parameters)]);
  const known = (name: string) =>
    values.has(name) || /^AWS::(AccountId|Partition|Region|StackName|NoValue)$/.test(name);
  const missing: string[] = [];
  const check = (name: unknown, good: boolean) => {
    if (!good) missing.push(String(name));
  };
  for (const object of allObjects(template)) {
    const { Ref: ref, "Fn::GetAtt": attribute, "Fn::Sub": text, "Fn::If": choice, Condition, DependsOn } = object;
    if (ref !== undefined) check(ref, known(String(ref)));
    if (attribute !== undefined) check(attribute, resources.includes(String(attribute).split(".")[0] ?? ""));
    if (Array.isArray(choice)) check(choice[0], Object.hasOwn(template.Conditions, String(choice[0])));
    if (typeof Condition === "string") check(Condition, Object.hasOwn(template.Conditions, Condition));
    if (DependsOn !== undefined) check(DependsOn, resources.includes(String(DependsOn)));
    for (const [, name = ""] of String(text ?? "").matchAll(/\$\{([^}]+)\}/g)) {
      const [head = "", member] = name.split(".");
      check(name, member === undefined ? known(head) : resources.includes(head));
    }
  }
  return missing;
}
