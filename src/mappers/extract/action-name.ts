import { HIDDEN } from "./text.ts";

/** Printable ASCII without spaces. */
const ACTION = /^[!-~]{1,128}$/;

/** The name that AWS gives to an act, as it stands in the `action` attribute. */
export function actionName(value: unknown): string {
  return typeof value === "string" && ACTION.test(value) && !value.includes(HIDDEN) ? value : "unknown";
}
