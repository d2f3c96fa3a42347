/** The SNS road as the configuration has it; undefined where it is off. */
import type { Config } from "../config/config.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import type { SnsFetch } from "../ingest/sns/sns-fetch.ts";
import { createSnsVerifier } from "../ingest/sns/verify.ts";
import { requireKey, requireLocalCaller } from "../routes/access.ts";
import type { SnsOptions } from "../routes/sns-route.ts";
import { isOpen } from "./access.ts";

export interface SnsRoadParts {
  readonly config: Config;
  readonly fetch: SnsFetch;
  readonly clock: Clock;
  readonly sha256: Sha256;
}

export function snsRoadOf({ config, fetch, clock, sha256 }: SnsRoadParts): SnsOptions | undefined {
  if (isOpen(config)) {
    // Nobody said which topics are meant, so none is confirmed by itself.
    const verify = createSnsVerifier({ topicArns: null, allowSignatureV1: false, fetch, clock });
    return { access: requireLocalCaller, rawAccess: requireKey([], sha256), verify, confirm: "manual", fetch };
  }
  const sns = config.ingest?.sns;
  if (!sns || sns.topicArns.length + sns.rawKeys.length === 0) return undefined;
  const { topicArns, allowSignatureV1, rawKeys, confirm } = sns;
  const verify = createSnsVerifier({ topicArns, allowSignatureV1, fetch, clock });
  return { rawAccess: requireKey(rawKeys, sha256), verify, confirm, fetch };
}
