/** ajv as a judge that knows nothing of Zod. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { jsonSchemaOf } from "../../src/events/index.ts";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, code: { optimize: false } });
formats.default(ajv);

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with an event by the JSON Schema of a type; empty where it is valid. */
export function faultsOf(type: string, event: unknown): readonly string[] {
  const validate = compiled.get(type) ?? compile(type);
  validate(event);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function compile(type: string): ValidateFunction {
  const schema = jsonSchemaOf(type);
  if (schema === undefined) throw new Error(`no schema for ${type}`);
  const validate = ajv.compile(schema);
  compiled.set(type, validate);
  return validate;
}
