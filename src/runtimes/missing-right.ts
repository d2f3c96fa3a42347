/**
 * What Deno says of a right that it was not given: which one, and how it is given.
 * https://docs.deno.com/runtime/fundamentals/security/
 */
export function missingRight(error: unknown): string | undefined {
  return error instanceof Error && error.name === "NotCapable" ? error.message : undefined;
}
