/** What undici, Node's network and its TLS throw, as the failures of a sink. */
import type { HttpAnswer } from "../sinks/http-client.ts";
import type { SinkFailure } from "../sinks/sink.ts";
import { AddressRefused } from "./guarded-lookup.ts";
import { refused } from "./refused-target.ts";

export function toFailure(error: unknown, signal: AbortSignal): HttpAnswer {
  if (signal.aborted) return { ok: false, reason: "aborted", message: "aborted" };
  if (error instanceof AddressRefused) return refused(error.fault);
  const { code, message } = describe(error);
  return { ok: false, reason: reasonOf(code), message };
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // What its parser chokes on has no code in undici, or one that names the parser's state.
  if (error.name === "HTTPParserError") return { code: "HPE_INVALID", message: code === "" ? "invalid HTTP" : code };
  return { code, message: code === "" ? error.message : code };
}

const DNS = new Set(["ENOTFOUND", "EAI_AGAIN", "ENODATA", "ESERVFAIL", "EREFUSED", "ETIMEOUT"]);
const INVALID_ANSWER = new Set(["UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);
/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS =
  /^(?:ERR_TLS|ERR_SSL|CERT_|CRL_|UNABLE_TO|ERROR_IN_C|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_)/;

function reasonOf(code: string): SinkFailure {
  if (DNS.has(code)) return "dns_failed";
  if (TLS.test(code)) return "tls_failed";
  if (code.startsWith("HPE_") || INVALID_ANSWER.has(code)) return "invalid_answer";
  if (code === "UND_ERR_INVALID_ARG") return "unsendable";
  return "connection_failed";
}
