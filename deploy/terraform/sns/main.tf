# Cognito activity to poolcast by EventBridge and an SNS topic.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.60" }
  }
}

variable "gateway_url" {
  description = "Where poolcast is reached, as https://events.example.com, without a slash at the end."
  type        = string
  validation {
    condition     = can(regex("^https://[^/?#]+(/[^/?#]+)*$", var.gateway_url))
    error_message = "An https URL without a slash at the end, a query or a fragment."
  }
}

variable "name" {
  description = "Of the topic too. Its ARN must be in ingest.sns.topicArns before it is made, so that poolcast confirms."
  type        = string
  default     = "poolcast-cognito"
}

variable "include_reads" {
  description = "Also what CloudTrail counts as reading, such as AdminGetUser, ListUsers, failed logins at the hosted UI. Far more events."
  type        = bool
  default     = false
}

variable "create_trail" {
  description = "Make a trail too. Only where the Region has none that logs management events; the first copy of them is free."
  type        = bool
  default     = false
}

# Without an active trail that logs management events in this Region, no rule ever sees a Cognito event: the event
# history that every account has sends nothing to EventBridge.
module "trail" {
  count  = var.create_trail ? 1 : 0
  source = "../trail"
  name   = var.name
}

resource "aws_cloudwatch_event_rule" "cognito" {
  name        = var.name
  description = "Cognito activity to poolcast"
  # Reads come in this state only, which the console cannot set. Such a rule must be on the default bus, as this is.
  state = var.include_reads ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED"
  event_pattern = jsonencode({
    source = ["aws.cognito-idp"]
    # The second holds the hosted UI, managed login and the OAuth endpoints.
    detail-type = ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"]
  })
}

# No role: SNS goes by the topic's policy.
resource "aws_cloudwatch_event_target" "topic" {
  rule      = aws_cloudwatch_event_rule.cognito.name
  target_id = "topic"
  arn       = aws_sns_topic.cognito.arn
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

# Without a KMS key: EventBridge could not publish under the AWS managed one.
resource "aws_sns_topic" "cognito" {
  name = var.name
  # The default is 1, with SHA-1, which poolcast refuses.
  signature_version = 2
}

data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.cognito.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.cognito.arn]
    }
  }
}

resource "aws_sns_topic_policy" "cognito" {
  arn    = aws_sns_topic.cognito.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sns_topic_subscription" "poolcast" {
  topic_arn = aws_sns_topic.cognito.arn
  protocol  = "https"
  endpoint  = "${var.gateway_url}/ingest/sns"
  # poolcast confirms by itself; Terraform waits for it.
  endpoint_auto_confirms          = true
  confirmation_timeout_in_minutes = 5
  # A raw message has no signature.
  raw_message_delivery = false
  # By default SNS gives up after a minute. 25 times 120 s stay below the hour that it allows in total.
  delivery_policy = jsonencode({
    healthyRetryPolicy = {
      numRetries      = 25
      minDelayTarget  = 5
      maxDelayTarget  = 120
      backoffFunction = "exponential"
    }
  })
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letters.arn })
}

# What poolcast did not take within the hour, and what EventBridge could not publish.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  # Neither sender needs a right to a key of SQS's own.
  sqs_managed_sse_enabled = true
}

data "aws_iam_policy_document" "dead_letters" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.cognito.arn]
    }
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.cognito.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.dead_letters.json
}

output "topic_arn" {
  description = "For ingest.sns.topicArns"
  value       = aws_sns_topic.cognito.arn
}

output "dead_letters_url" {
  value = aws_sqs_queue.dead_letters.url
}
