/**
 * What a Worker answers by itself: whoever asks for nothing that there is, or has no key, costs the object nothing. It is
 * one thread, it is billed while it is awake, and everybody can reach it.
 */
import type { Config } from "../config/config.ts";
import type { Sha256 } from "../core/clock.ts";
import { accessOf, adminAccess } from "../gateway/access.ts";
import type { AccessCheck } from "../routes/access.ts";
import { problem } from "../routes/problem.ts";
import { refusedFirehose } from "./worker-problem.ts";

const KNOWN = /^\/(?:ingest\/[a-z]+|api(?:\/.*)?|healthz|readyz|metrics|types|schemas\/[^/]+|openapi\.json)$/;

/** Undefined: the object is asked, with the same checks and all others. */
export function createDoor(config: Config, sha256: Sha256): AccessCheck {
  const { eventbridge, cloudtrail, events, firehose } = accessOf(config, sha256);
  const admin = adminAccess(config, sha256);
  const posts = new Map([
    ["/ingest/eventbridge", eventbridge?.access],
    ["/ingest/cloudtrail", cloudtrail?.access],
    ["/ingest/events", events?.access],
  ]);

  return function judge(request) {
    const { pathname } = new URL(request.url);
    if (!KNOWN.test(pathname)) return problem("not_found");
    if (pathname.startsWith("/api") || pathname === "/metrics") return admin(request);
    if (request.method !== "POST") return undefined;
    if (pathname === "/ingest/firehose") return firehose?.access(request) && refusedFirehose(request);
    return posts.get(pathname)?.(request);
  };
}
