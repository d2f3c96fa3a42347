import type { SnsMessage } from "./message.ts";

/**
 * The text that SNS signs: keys in byte order, each key and value on lines of their own. The last value ends with a
 * newline too, whatever the newest page of the manual says: no message that AWS signed verifies without it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export function stringToSign(message: SnsMessage): string {
  return fieldsOf(message)
    .map(([key, value]) => `${key}\n${value}\n`)
    .join("");
}

function fieldsOf(message: SnsMessage): readonly (readonly [key: string, value: string])[] {
  const { type, messageId, timestamp, topicArn } = message;
  if (type === "Notification") {
    const { subject } = message;
    return [
      ["Message", message.message],
      ["MessageId", messageId],
      ...(subject === undefined ? [] : [["Subject", subject] as const]),
      ["Timestamp", timestamp],
      ["TopicArn", topicArn],
      ["Type", type],
    ];
  }
  return [
    ["Message", message.message],
    ["MessageId", messageId],
    ["SubscribeURL", message.subscribeUrl],
    ["Timestamp", timestamp],
    ["Token", message.token],
    ["TopicArn", topicArn],
    ["Type", type],
  ];
}
