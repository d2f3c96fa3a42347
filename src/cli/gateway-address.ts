/** Where a running gateway is, as it is typed, and what to say where nobody answers there. */
import { member } from "../core/json.ts";

const LONGEST_DETAIL = 500;

export const DEFAULT_URL = "http://127.0.0.1:8080";

/** Without a slash at its end; undefined where it is no URL of a gateway. */
export function gatewayUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** The value is not repeated: it may hold a password. */
export const URL_FAULT = "--url: give the http or https URL of a gateway, without credentials, query or fragment";

/** Whether a key can be sent at all. */
export function isHeaderValue(value: string): boolean {
  try {
    new Headers({ "x-api-key": value });
    return true;
  } catch {
    return false;
  }
}

/** Why a request got no answer: the system's code, since fetch says "fetch failed" of everything. */
export function causeOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer in ${timeoutMs / 1000} s`;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return "failed";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message.replace(/\s+/g, " ");
}

/** `detail` of a problem document. It may hold what was sent, and is for a terminal only after `withoutControls`. */
export function problemDetail(body: unknown): string | undefined {
  const detail = member(body, "detail");
  return typeof detail === "string" ? detail.slice(0, LONGEST_DETAIL) : undefined;
}

/** `code` of a problem document. */
export function problemCode(body: unknown): string | undefined {
  const code = member(body, "code");
  // Whoever answers, the terminal gets no more than a word from him.
  return typeof code === "string" && /^\w{1,40}$/.test(code) ? code : undefined;
}
