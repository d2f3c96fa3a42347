/** What a gateway on a loopback listener may reach, and what one may that is open to the internet. */
import { createEgressGuard } from "../../src/core/egress.ts";

export const LOOPBACK_EGRESS = createEgressGuard({ allowLoopback: true, allowHttp: true, allowCidrs: [] });
export const PUBLIC_EGRESS = createEgressGuard({ allowLoopback: false, allowHttp: true, allowCidrs: [] });
