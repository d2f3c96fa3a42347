/**
 * The tests' CloudTrail on loopback, at AWS's rate. `{events}` makes a fresh one with that many events of Cognito in the
 * last half hour and answers its port; `{}` answers how often it was asked, and when first.
 */

import { member } from "../../src/core/json.ts";
import { type FakeCloudTrail, startFakeCloudTrail } from "../../test/support/fake-cloudtrail.ts";
import { CLOUDTRAIL_PLACE } from "../cloudtrail-place.ts";
import { answerQuestions } from "./answer-questions.ts";

const SPAN_MS = 29 * 60_000;

let fake: FakeCloudTrail | undefined;

answerQuestions(async (question) => {
  const events = member(question, "events");
  if (typeof events !== "number") {
    return { requests: fake?.requests.length ?? 0, firstAtMs: fake?.requests[0]?.atMs ?? 0 };
  }
  await fake?.close();
  fake = await startFakeCloudTrail();
  const { account, region, accessKeyId } = CLOUDTRAIL_PLACE;
  fake.key(accessKeyId, account);
  const history = fake.history(account, region);
  const fromMs = Date.now() - SPAN_MS;
  for (let n = 0; n < events; n++) history.add(fromMs + Math.floor((n * (SPAN_MS - 10_000)) / events));
  return { port: Number(new URL(fake.url).port) };
});
