# Cognito activity to poolcast by the log group of a trail and Firehose.

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
    condition     = can(regex("^https://[^/?#:]+(/[^/?#]+)*$", var.gateway_url))
    error_message = "Firehose calls port 443 only: an https URL without a port, a slash at the end, a query or a fragment."
  }
}

variable "access_key" {
  description = "One of ingest.firehose.accessKeys. Terraform keeps it in its state, so encrypt that."
  type        = string
  sensitive   = true
}

variable "trail_log_group_name" {
  description = "The CloudWatch log group that an active trail writes to. A group takes two subscription filters."
  type        = string
}

variable "buffer_megabytes" {
  description = "A request is sent at this size or after 60 seconds. poolcast holds a whole request in memory."
  type        = number
  default     = 1
  validation {
    condition     = var.buffer_megabytes >= 1 && var.buffer_megabytes <= 5
    error_message = "From 1 to 5."
  }
}

variable "name" {
  type    = string
  default = "poolcast-firehose"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_kinesis_firehose_delivery_stream" "poolcast" {
  name        = var.name
  destination = "http_endpoint"
  server_side_encryption {
    enabled  = true
    key_type = "AWS_OWNED_CMK"
  }
  http_endpoint_configuration {
    name               = "poolcast"
    url                = "${var.gateway_url}/ingest/firehose"
    access_key         = var.access_key
    buffering_size     = var.buffer_megabytes
    buffering_interval = 60
    # Two hours are the most that Firehose offers. What still fails lies in the bucket, and only that.
    retry_duration = 7200
    s3_backup_mode = "FailedDataOnly"
    role_arn       = aws_iam_role.stream.arn
    request_configuration {
      content_encoding = "GZIP"
    }
    s3_configuration {
      bucket_arn = aws_s3_bucket.failed_batches.arn
      role_arn   = aws_iam_role.stream.arn
    }
    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.errors.name
      log_stream_name = aws_cloudwatch_log_stream.errors.name
    }
  }
  # Firehose looks at the rights when it makes the stream.
  depends_on = [aws_iam_role_policy.stream]
}

# Holds what poolcast has not had.
resource "aws_s3_bucket" "failed_batches" {
  bucket_prefix = "poolcast-failed-batches-"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "failed_batches" {
  bucket = aws_s3_bucket.failed_batches.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "failed_batches" {
  bucket                  = aws_s3_bucket.failed_batches.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "failed_batches" {
  bucket = aws_s3_bucket.failed_batches.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
  }
}

# Why a batch failed: the code of poolcast's answer stands at the beginning of each message.
resource "aws_cloudwatch_log_group" "errors" {
  name              = "/poolcast/${var.name}"
  retention_in_days = 30
}

resource "aws_cloudwatch_log_stream" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.errors.name
}

data "aws_iam_policy_document" "stream_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["firehose.amazonaws.com"]
    }
    # Firehose gives the account that owns the stream. The stream's ARN would need the stream first.
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "stream" {
  statement {
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.failed_batches.arn]
  }
  statement {
    actions   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.failed_batches.arn}/*"]
  }
  statement {
    actions   = ["logs:PutLogEvents"]
    resources = [aws_cloudwatch_log_stream.errors.arn]
  }
}

resource "aws_iam_role" "stream" {
  name_prefix        = "poolcast-"
  assume_role_policy = data.aws_iam_policy_document.stream_trust.json
}

resource "aws_iam_role_policy" "stream" {
  name   = "failed-batches"
  role   = aws_iam_role.stream.id
  policy = data.aws_iam_policy_document.stream.json
}

resource "aws_cloudwatch_log_subscription_filter" "cognito" {
  name            = var.name
  log_group_name  = var.trail_log_group_name
  filter_pattern  = "{ $.eventSource = \"cognito-idp.amazonaws.com\" }"
  destination_arn = aws_kinesis_firehose_delivery_stream.poolcast.arn
  role_arn        = aws_iam_role.logs.arn
  # CloudWatch Logs sends a control message at once.
  depends_on = [aws_iam_role_policy.logs]
}

data "aws_iam_policy_document" "logs_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }
    # As AWS documents it: what CloudWatch Logs gives as its source is not told more exactly.
    condition {
      test     = "StringLike"
      variable = "aws:SourceArn"
      values = [join(":", [
        "arn", data.aws_partition.current.partition, "logs", data.aws_region.current.name,
        data.aws_caller_identity.current.account_id, "*",
      ])]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
    resources = [aws_kinesis_firehose_delivery_stream.poolcast.arn]
  }
}

resource "aws_iam_role" "logs" {
  name_prefix        = "poolcast-"
  assume_role_policy = data.aws_iam_policy_document.logs_trust.json
}

resource "aws_iam_role_policy" "logs" {
  name   = "put"
  role   = aws_iam_role.logs.id
  policy = data.aws_iam_policy_document.logs.json
}

output "stream_arn" {
  description = "Also a destination for activity logs (userAuthEvents) and EventBridge rules"
  value       = aws_kinesis_firehose_delivery_stream.poolcast.arn
}

output "failed_batches_bucket" {
  value = aws_s3_bucket.failed_batches.id
}

output "error_log_group" {
  value = aws_cloudwatch_log_group.errors.name
}
