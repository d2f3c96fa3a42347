/** The one host that we talk to about a topic. It is made of the topic's ARN, never taken from a message. */

const TOPIC_ARN = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;

/** As `sns.eu-central-1.amazonaws.com`; undefined where this is no ARN of a topic. */
export function snsHostOf(topicArn: string): string | undefined {
  const [, partition, region = ""] = TOPIC_ARN.exec(topicArn) ?? [];
  if (partition === undefined || partition !== partitionOf(region)) return undefined;
  return `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
