# CloudTrail log files in S3 to poolcast: EventBridge tells of each file, an SNS topic passes that on, poolcast fetches it.

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
  default     = "poolcast-files"
}

variable "trail_bucket_name" {
  description = "The bucket of the trail, for ingest.s3.buckets. It must be in this Region and tell EventBridge of its objects."
  type        = string
}

variable "key_prefix" {
  description = "What the keys of the trail begin with, as my-prefix/AWSLogs/"
  type        = string
  default     = "AWSLogs/"
}

variable "kms_key_arn" {
  description = "The key that the trail encrypts with, if any."
  type        = string
  default     = null
}

variable "create_trail" {
  description = "Make the trail and its bucket too. The first copy of management events is free in each Region."
  type        = bool
  default     = false
}

data "aws_partition" "current" {}

module "trail" {
  count       = var.create_trail ? 1 : 0
  source      = "../trail"
  name        = var.name
  bucket_name = var.trail_bucket_name
}

resource "aws_cloudwatch_event_rule" "files" {
  name        = var.name
  description = "New CloudTrail log files to poolcast"
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    detail = {
      bucket = { name = [var.trail_bucket_name] }
      # Not CloudTrail-Digest/ and the like.
      object = { key = [{ wildcard = "${var.key_prefix}*/CloudTrail/*" }] }
    }
  })
}

# Attach it to the role that poolcast runs as.
resource "aws_iam_policy" "read_files" {
  name   = "${var.name}-read"
  policy = data.aws_iam_policy_document.read_files.json
}

data "aws_iam_policy_document" "read_files" {
  # The second where the bucket keeps versions: a notice then names one.
  statement {
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${var.trail_bucket_name}/${var.key_prefix}*"]
  }
  # Without it S3 says that a missing file is forbidden.
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${var.trail_bucket_name}"]
  }
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

# No role: SNS goes by the topic's policy.
resource "aws_cloudwatch_event_target" "topic" {
  rule      = aws_cloudwatch_event_rule.files.name
  target_id = "topic"
  arn       = aws_sns_topic.files.arn
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

# Without a KMS key: EventBridge could not publish under the AWS managed one.
resource "aws_sns_topic" "files" {
  name = var.name
  # The default is 1, with SHA-1, which poolcast refuses.
  signature_version = 2
}

data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.files.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.files.arn]
    }
  }
}

resource "aws_sns_topic_policy" "files" {
  arn    = aws_sns_topic.files.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sns_topic_subscription" "poolcast" {
  topic_arn = aws_sns_topic.files.arn
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
      values   = [aws_sns_topic.files.arn]
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
      values   = [aws_cloudwatch_event_rule.files.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.dead_letters.json
}

output "topic_arn" {
  description = "For ingest.sns.topicArns"
  value       = aws_sns_topic.files.arn
}

output "read_files_policy_arn" {
  description = "For the role that poolcast runs as"
  value       = aws_iam_policy.read_files.arn
}

output "dead_letters_url" {
  value = aws_sqs_queue.dead_letters.url
}
