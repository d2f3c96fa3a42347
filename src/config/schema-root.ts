import { parseRange } from "../core/ip.ts";
import { unbracket } from "../core/loopback.ts";
import { broker } from "./schema-broker.ts";
import { ingest } from "./schema-ingest.ts";
import { pool } from "./schema-pool.ts";
import { subscriptions } from "./schema-subscription.ts";
import { triggers } from "./schema-trigger.ts";
import { leaf, list, oneOrMany, section } from "./section.ts";
import { publicUrl } from "./urls.ts";
import { boolean, integer, texts } from "./values.ts";

export const DEFAULT_HOST = "127.0.0.1";

export const host = leaf("a host name or an IP address to listen on", (input) =>
  typeof input === "string" && /^[^\s/?#@]+$/.test(input) ? unbracket(input) : undefined,
);

/** 0 lets the system choose a free port. */
export const port = integer(0, 65_535);

const cidr = leaf("an address range such as 10.0.0.0/8 or fd00::/8", (input) =>
  typeof input === "string" && parseRange(input) !== undefined ? input : undefined,
);

export const root = section({
  listen: section({ host: host.default(DEFAULT_HOST), port: port.default(8080) }).prefault({}),
  publicUrl: publicUrl.optional(),
  broker: broker.prefault({}),
  onlyConfiguredPools: boolean.default(false),
  includeReads: boolean.default(false),
  pools: list(pool, "a list of user pools").default([]),
  ingest: ingest.optional(),
  adminKeys: texts.default([]),
  egress: section({
    allowCidrs: oneOrMany(cidr, "a list of address ranges").default([]),
    allowHttp: boolean.default(false),
  }).prefault({}),
  subscriptions: subscriptions.default([]),
  triggers: triggers.default([]),
});
