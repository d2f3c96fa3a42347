import type { EgressFault } from "../core/egress.ts";
import type { HttpAnswer } from "../sinks/http-client.ts";

export function refused(fault: EgressFault): HttpAnswer {
  return { ok: false, reason: "address_refused", message: `the target is not one that may be reached: ${fault}` };
}
