# Cognito activity to poolcast by EventBridge and an API destination.

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

variable "api_key" {
  description = "One of ingest.eventbridge.apiKeys. EventBridge keeps it in a secret of its own; Terraform keeps it in its state, so encrypt that."
  type        = string
  sensitive   = true
}

variable "name" {
  type    = string
  default = "poolcast-eventbridge"
}

variable "invocations_per_second" {
  description = "More than this waits in EventBridge for up to 24 hours."
  type        = number
  default     = 300
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

resource "aws_cloudwatch_event_connection" "poolcast" {
  name               = var.name
  description        = "How poolcast knows EventBridge"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-api-key"
      value = var.api_key
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "poolcast" {
  name                             = var.name
  connection_arn                   = aws_cloudwatch_event_connection.poolcast.arn
  http_method                      = "POST"
  invocation_endpoint              = "${var.gateway_url}/ingest/eventbridge"
  invocation_rate_limit_per_second = var.invocations_per_second
}

resource "aws_cloudwatch_event_target" "poolcast" {
  rule      = aws_cloudwatch_event_rule.cognito.name
  target_id = "poolcast"
  arn       = aws_cloudwatch_event_api_destination.poolcast.arn
  role_arn  = aws_iam_role.invoke.arn
  # The most that EventBridge offers.
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

data "aws_iam_policy_document" "invoke_trust" {
  statement {
    actions = ["sts:AssumeRole"]
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

data "aws_iam_policy_document" "invoke" {
  statement {
    actions   = ["events:InvokeApiDestination"]
    resources = [aws_cloudwatch_event_api_destination.poolcast.arn]
  }
}

resource "aws_iam_role" "invoke" {
  name_prefix        = "poolcast-"
  assume_role_policy = data.aws_iam_policy_document.invoke_trust.json
}

resource "aws_iam_role_policy" "invoke" {
  name   = "invoke"
  role   = aws_iam_role.invoke.id
  policy = data.aws_iam_policy_document.invoke.json
}

# What poolcast did not take for 24 hours, or answered with a 4xx that EventBridge does not repeat.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  # EventBridge needs no right to a key of SQS's own.
  sqs_managed_sse_enabled = true
}

data "aws_iam_policy_document" "dead_letters" {
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

output "rule_name" {
  value = aws_cloudwatch_event_rule.cognito.name
}

output "dead_letters_url" {
  value = aws_sqs_queue.dead_letters.url
}
