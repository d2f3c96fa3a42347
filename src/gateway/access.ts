/** Which routes the configuration opens, and to whom. */
import type { Config } from "../config/config.ts";
import { ROUTE_MAX_BYTES } from "../config/route-limits.ts";
import type { Sha256 } from "../core/clock.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { createWebhookVerifier } from "../core/standard-webhooks.ts";
import { type AccessCheck, requireFirehoseKey, requireKey, requireLocalCaller } from "../routes/access.ts";
import type { AppParts } from "../routes/app.ts";

/** On a loopback listener without an `ingest` section every route is open to programs on this machine. */
export function isOpen(config: Config): boolean {
  return config.ingest === undefined && isLoopbackHost(config.listen.host);
}

export function accessOf(
  config: Config,
  sha256: Sha256,
): Pick<AppParts, "eventbridge" | "cloudtrail" | "events" | "cognito" | "lambda" | "firehose"> {
  if (isOpen(config)) {
    const access = requireLocalCaller;
    return {
      eventbridge: { access, maxBytes: ROUTE_MAX_BYTES.eventbridge },
      cloudtrail: { access, maxBytes: ROUTE_MAX_BYTES.cloudtrail },
      events: { access, maxBytes: ROUTE_MAX_BYTES.events },
      cognito: { access },
      lambda: { access },
      firehose: { access, maxBytes: ROUTE_MAX_BYTES.firehose },
    };
  }
  const { eventbridge, cloudtrail, events, cognito, lambda, firehose } = config.ingest ?? {};
  return {
    ...(eventbridge && withKeys(eventbridge) && { eventbridge: keyed(eventbridge) }),
    ...(cloudtrail && withKeys(cloudtrail) && { cloudtrail: keyed(cloudtrail) }),
    ...(events && withKeys(events) && { events: keyed(events) }),
    ...(cognito && cognito.secrets.length > 0 && { cognito: { verify: createWebhookVerifier(cognito.secrets) } }),
    ...(lambda && isLoopbackHost(config.listen.host) && { lambda: { access: requireLocalCaller } }),
    ...(firehose &&
      firehose.accessKeys.length > 0 && {
        firehose: { access: requireFirehoseKey(firehose.accessKeys, sha256), maxBytes: firehose.maxBytes },
      }),
  };

  function keyed({ apiKeys, maxBytes }: { readonly apiKeys: readonly string[]; readonly maxBytes: number }) {
    return { access: requireKey(apiKeys, sha256), maxBytes };
  }
}

/** A route whose credential is not configured is off. */
function withKeys({ apiKeys }: { readonly apiKeys: readonly string[] }): boolean {
  return apiKeys.length > 0;
}

/** Metrics and the detail of /readyz: for programs on this machine on a loopback listener, else with an admin key. */
export function adminAccess({ listen, adminKeys }: Config, sha256: Sha256): AccessCheck {
  const withKey = requireKey(adminKeys, sha256);
  if (!isLoopbackHost(listen.host)) return withKey;
  return (request) => (withKey(request) ? requireLocalCaller(request) : undefined);
}
