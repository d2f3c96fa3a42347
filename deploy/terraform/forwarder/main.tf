# The Lambda function that tells poolcast of a user pool's triggers.

terraform {
  required_version = ">= 1.5"
  required_providers {
    archive = { source = "hashicorp/archive", version = ">= 2.4" }
    aws     = { source = "hashicorp/aws", version = ">= 5.60" }
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

variable "user_pool_arn" {
  description = "The pool that may call the function."
  type        = string
}

variable "secret" {
  description = "One of ingest.cognito.secrets. Either this or secret_arn. Either way Terraform keeps it in its state, so encrypt that."
  type        = string
  sensitive   = true
  default     = null
}

variable "secret_arn" {
  description = "A secret of Secrets Manager whose text is one of ingest.cognito.secrets. Read at each apply."
  type        = string
  default     = null
}

variable "wrap" {
  description = "A trigger function to observe, as ./original.mjs#handler, in the folder of index.mjs. See the forwarder's README."
  type        = string
  default     = null
}

variable "timeout_seconds" {
  description = "The forwarder waits 1.5 s at most. Give a wrapped function the 5 s that Cognito allows."
  type        = number
  default     = 3
}

variable "memory_megabytes" {
  description = "More memory is more processor too, and a shorter cold start."
  type        = number
  default     = 128
}

variable "log_retention_days" {
  type    = number
  default = 30
}

variable "name" {
  type    = string
  default = "poolcast-forwarder"
}

data "aws_secretsmanager_secret_version" "forwarder" {
  count     = var.secret_arn == null ? 0 : 1
  secret_id = var.secret_arn
}

data "archive_file" "forwarder" {
  type        = "zip"
  source_dir  = "${path.module}/../../forwarder"
  excludes    = ["README.md"]
  output_path = "${path.module}/.terraform/forwarder.zip"
}

resource "aws_lambda_function" "forwarder" {
  function_name    = var.name
  description      = "Tells poolcast of Cognito's triggers"
  filename         = data.archive_file.forwarder.output_path
  source_code_hash = data.archive_file.forwarder.output_base64sha256
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  timeout          = var.timeout_seconds
  memory_size      = var.memory_megabytes
  role             = aws_iam_role.forwarder.arn
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.forwarder.name
  }
  environment {
    variables = merge({
      POOLCAST_URL    = "${var.gateway_url}/ingest/cognito"
      POOLCAST_SECRET = var.secret_arn == null ? var.secret : data.aws_secretsmanager_secret_version.forwarder[0].secret_string
    }, var.wrap == null ? {} : { POOLCAST_WRAP = var.wrap })
  }
  lifecycle {
    precondition {
      condition     = (var.secret == null) != (var.secret_arn == null)
      error_message = "Give either secret or secret_arn."
    }
  }
}

data "aws_iam_policy_document" "forwarder_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# Not AWSLambdaBasicExecutionRole, which may make and write every log group.
data "aws_iam_policy_document" "forwarder" {
  statement {
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    # Its streams.
    resources = ["${aws_cloudwatch_log_group.forwarder.arn}:*"]
  }
}

resource "aws_iam_role" "forwarder" {
  name_prefix        = "poolcast-"
  assume_role_policy = data.aws_iam_policy_document.forwarder_trust.json
}

resource "aws_iam_role_policy" "forwarder" {
  name   = "log"
  role   = aws_iam_role.forwarder.id
  policy = data.aws_iam_policy_document.forwarder.json
}

resource "aws_cloudwatch_log_group" "forwarder" {
  name              = "/poolcast/${var.name}"
  retention_in_days = var.log_retention_days
}

# On this road there is one try. This metric is how to see what was lost.
resource "aws_cloudwatch_log_metric_filter" "not_told" {
  name           = "poolcast-not-told"
  log_group_name = aws_cloudwatch_log_group.forwarder.name
  pattern        = "{ $.message = \"poolcast was not told of this trigger\" }"
  metric_transformation {
    namespace     = "poolcast"
    name          = "TriggersNotTold"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_lambda_permission" "cognito" {
  function_name = aws_lambda_function.forwarder.function_name
  action        = "lambda:InvokeFunction"
  principal     = "cognito-idp.amazonaws.com"
  source_arn    = var.user_pool_arn
}

output "function_arn" {
  description = "To be set as a trigger of the pool"
  value       = aws_lambda_function.forwarder.arn
}

output "log_group" {
  value = aws_cloudwatch_log_group.forwarder.name
}
