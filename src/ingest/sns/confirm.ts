import type { Result } from "../../core/result.ts";
import type { SnsConfirmation } from "./message.ts";
import { SNS_FETCH_LIMITS, type SnsFetch, type SnsFetchFault } from "./sns-fetch.ts";

/**
 * Calls ConfirmSubscription at the topic's own endpoint. The SubscribeURL of an honest message would do the same; that
 * of another one is a way to make us call somebody, so it is never asked.
 * https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
 */
export async function confirmSubscription(
  { topicArn, token }: SnsConfirmation,
  host: string,
  fetch: SnsFetch,
): Promise<Result<string, SnsFetchFault>> {
  const query = new URLSearchParams({
    Action: "ConfirmSubscription",
    TopicArn: topicArn,
    Token: token,
    Version: "2010-03-31",
  });
  return fetch(`https://${host}/?${query}`, SNS_FETCH_LIMITS);
}
