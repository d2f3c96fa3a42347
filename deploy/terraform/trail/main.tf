# A trail that logs the management events of this Region: what EventBridge needs to see Cognito at all.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.60" }
  }
}

variable "name" {
  type = string
}

variable "bucket_name" {
  description = "A bucket of this name, which tells EventBridge of its objects; else of a name that nobody needs to know."
  type        = string
  default     = null
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # By its name, since the trail needs the bucket's policy before it can be made.
  trail_arn = join(":", [
    "arn", data.aws_partition.current.partition, "cloudtrail", data.aws_region.current.name,
    data.aws_caller_identity.current.account_id, "trail/${var.name}",
  ])
}

resource "aws_cloudtrail" "management" {
  name                       = var.name
  s3_bucket_name             = aws_s3_bucket.trail.id
  enable_logging             = true
  enable_log_file_validation = true
  event_selector {
    # All, not WriteOnly: what is read is held back by the rule's state, not here.
    read_write_type           = "All"
    include_management_events = true
  }
  depends_on = [aws_s3_bucket_policy.trail]
}

resource "aws_s3_bucket" "trail" {
  bucket        = var.bucket_name
  bucket_prefix = var.bucket_name == null ? "poolcast-trail-" : null
}

resource "aws_s3_bucket_notification" "trail" {
  count       = var.bucket_name == null ? 0 : 1
  bucket      = aws_s3_bucket.trail.id
  eventbridge = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trail" {
  bucket = aws_s3_bucket.trail.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "trail" {
  bucket                  = aws_s3_bucket.trail.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "trail" {
  bucket = aws_s3_bucket.trail.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
  }
}

data "aws_iam_policy_document" "trail" {
  statement {
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.trail.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.trail.arn}/AWSLogs/${data.aws_caller_identity.current.account_id}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = data.aws_iam_policy_document.trail.json
}

output "trail_arn" {
  value = aws_cloudtrail.management.arn
}
