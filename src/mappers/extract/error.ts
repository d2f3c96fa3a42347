import { type JsonObject, member } from "../../core/json.ts";
import type { EventData } from "../../events/event-data.ts";
import { cap } from "./attribute-string.ts";
import { HIDDEN, text } from "./text.ts";

const MAX_MESSAGE_LENGTH = 1024;

/** Records of success may carry errorCode as "" or null. */
export function hasError(record: JsonObject): boolean {
  const code = member(record, "errorCode");
  return typeof code === "string" && code !== "";
}

export function errorData(record: JsonObject): EventData["error"] {
  if (!hasError(record)) return undefined;
  const code = text(member(record, "errorCode")) ?? "unknown";
  const message = visibleMessage(member(record, "errorMessage"));
  return message === undefined ? { code } : { code, message };
}

function visibleMessage(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return text(cap(value.replaceAll(HIDDEN, ""), MAX_MESSAGE_LENGTH));
}
