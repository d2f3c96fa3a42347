/** In front of `<resource>.<fact>`, as TriggerMesh writes it. */
export const TYPE_PREFIX = "com.amazon.cognito-idp.";

/** Made only for pools with `compat: triggermesh`: what TriggerMesh's own source would have sent. */
export const SYNC_TRIGGER = "com.amazon.cognito-idp.sync_trigger";

/**
 * Families that grow with AWS: an action, page or trigger that nobody knew when this was built still has a type here,
 * so consumers accept names that are not in the catalog.
 */
export const OPEN_FAMILIES = ["action", "read", "hosted_ui", "lambda_trigger", "activity"] as const;

export type OpenFamily = (typeof OPEN_FAMILIES)[number];

const OPEN_TYPE = /^com\.amazon\.cognito-idp\.(action|read|hosted_ui|lambda_trigger|activity)\.[a-z][a-z0-9_]{0,159}$/;

/** The family of a well-formed type that may or may not be in the catalog. */
export function openFamilyOf(type: string): OpenFamily | undefined {
  const name = OPEN_TYPE.exec(type)?.[1];
  return OPEN_FAMILIES.find((family) => family === name);
}
