// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the templates
/** What the CloudFormation templates and the Terraform modules contain, as far as it can be seen without AWS. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allObjects, undeclared as missingIn, readTemplate, type Template } from "./cloudformation.ts";
import { allBlocks, type Block, readHcl, undeclared } from "./hcl.ts";

const ROADS = ["eventbridge", "sns", "firehose", "forwarder", "s3"] as const;
type Road = (typeof ROADS)[number];

const deploy = (path: string) => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), "utf8");
const template = (road: Road) => readTemplate(deploy(`cloudformation/${road}.yaml`));
const terraform = (road: Road | "trail") => readHcl(deploy(`terraform/${road}/main.tf`));

const TYPES: Record<Road, string> = {
  eventbridge:
    "CloudTrail::Trail Events::ApiDestination Events::Connection Events::Rule IAM::Role S3::Bucket S3::BucketPolicy SQS::Queue SQS::QueuePolicy",
  sns: "CloudTrail::Trail Events::Rule S3::Bucket S3::BucketPolicy SNS::Subscription SNS::Topic SNS::TopicPolicy SQS::Queue SQS::QueuePolicy",
  firehose:
    "IAM::Role KinesisFirehose::DeliveryStream Logs::LogGroup Logs::LogStream Logs::SubscriptionFilter S3::Bucket",
  forwarder: "IAM::Role Lambda::Function Lambda::Permission Logs::LogGroup Logs::MetricFilter",
  s3: "CloudTrail::Trail Events::Rule IAM::ManagedPolicy S3::Bucket S3::BucketPolicy SNS::Subscription SNS::Topic SNS::TopicPolicy SQS::Queue SQS::QueuePolicy",
};
const SECRETS: Record<Road, string> = {
  eventbridge: "ApiKey",
  sns: "",
  firehose: "AccessKey",
  forwarder: "Secret",
  s3: "",
};
const TF_SECRETS: Record<Road, string> = {
  eventbridge: "api_key",
  sns: "",
  firehose: "access_key",
  forwarder: "secret",
  s3: "",
};

/** Every action, in both languages. None is needed beyond these, and none has a wildcard. */
const ACTIONS: Record<Road | "trail", string[]> = {
  eventbridge: ["events:InvokeApiDestination", "sqs:SendMessage", "sts:AssumeRole"],
  sns: ["sns:Publish", "sqs:SendMessage"],
  firehose: [
    "firehose:PutRecord",
    "firehose:PutRecordBatch",
    "logs:PutLogEvents",
    "s3:AbortMultipartUpload",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:PutObject",
    "sts:AssumeRole",
  ],
  forwarder: ["logs:CreateLogStream", "logs:PutLogEvents", "sts:AssumeRole"],
  s3: ["kms:Decrypt", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "sns:Publish", "sqs:SendMessage"],
  trail: ["s3:GetBucketAcl", "s3:PutObject"],
};
/** Resources that end with a wildcard, each below one that is named. */
const WILDCARDS: Record<Road | "trail", string[]> = {
  eventbridge: [],
  sns: [],
  // The objects of the bucket: Firehose names them.
  firehose: ["FailedBatches.Arn}/*", "failed_batches.arn}/*"],
  // The streams of the log group: Lambda names them.
  forwarder: ["forwarder.arn}:*"],
  // The log files in the bucket: CloudTrail names them.
  s3: ["${TrailBucketName}/${KeyPrefix}*", "${var.trail_bucket_name}/${var.key_prefix}*"],
  // The log files below the account's folder: CloudTrail names them.
  trail: ["/AWSLogs/${AWS::AccountId}/*", "/AWSLogs/${data.aws_caller_identity.current.account_id}/*"],
};

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const texts = (expression = "") => [...expression.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((found) => found[1] ?? "");
const statements = (of: Template) => allObjects(of.Resources).filter((object) => "Effect" in object);
const properties = (of: Template, name: string) => of.Resources[name]?.Properties;

describe.each(ROADS)("CloudFormation, %s", (road) => {
  const read = template(road);
  const trail = road === "eventbridge" || road === "sns" || road === "s3";

  it("names only what is there", () => {
    expect(missingIn(read)).toEqual([]);
    const used = JSON.stringify([read.Resources, read.Conditions]);
    for (const name of Object.keys(read.Parameters))
      expect(used).toMatch(new RegExp(`"Ref":"${name}"|\\$\\{${name}\\}`));
  });

  it("makes what is expected and nothing else", () => {
    const types = new Set(Object.values(read.Resources).map((resource) => resource.Type.replace("AWS::", "")));
    expect([...types].sort().join(" ")).toBe(TYPES[road]);
  });

  it("gives the least rights", () => {
    const actions = statements(read).flatMap((statement) => list(statement.Action).map(String));
    const expected = [...ACTIONS[road], ...(trail ? ACTIONS.trail : [])];
    expect([...new Set(actions)].sort()).toEqual(expected.sort());
    const allowed = [...WILDCARDS[road], ...(trail ? WILDCARDS.trail : [])];
    for (const statement of statements(read)) {
      expect(statement.Effect).toBe("Allow");
      expect(Object.keys(Object(statement.Principal ?? { Service: 0 }))).toEqual(["Service"]);
      if (statement.Action === "sts:AssumeRole") continue;
      for (const resource of list(statement.Resource)) {
        expect(resource).toBeTypeOf("object");
        const [text = ""] = Object.values(Object(resource)).map(String);
        if (text.includes("*")) expect(allowed.filter((end) => text.endsWith(end))).toHaveLength(1);
      }
    }
    expect(JSON.stringify(read)).not.toContain("ManagedPolicyArns");
  });

  it("lets a service in for one source only", () => {
    for (const statement of statements(read).filter((each) => "Principal" in each)) {
      const service = JSON.stringify(statement.Principal);
      // A role that only this function has.
      if (service.includes("lambda.amazonaws.com")) continue;
      const key = service.includes("firehose.amazonaws.com") ? "sts:ExternalId" : "aws:SourceArn";
      expect(JSON.stringify(statement.Condition), service).toContain(`"${key}":{`);
    }
  });

  it("hides its secrets", () => {
    const hidden = Object.entries(read.Parameters).filter(([, parameter]) => parameter.NoEcho);
    expect(hidden.map(([name]) => name).join()).toBe(SECRETS[road]);
    if (SECRETS[road]) expect(JSON.stringify(read.Outputs)).not.toContain(`"${SECRETS[road]}"`);
  });

  it("closes and encrypts its buckets", () => {
    for (const { Type, Properties } of Object.values(read.Resources)) {
      if (Type !== "AWS::S3::Bucket") continue;
      expect(JSON.stringify(Properties)).toContain('"SSEAlgorithm":"AES256"');
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
  });
});

describe("CloudFormation", () => {
  it.each(["eventbridge", "sns"] as const)("%s: the rule sees every kind of event, and repeats", (road) => {
    expect(properties(template(road), "Rule")).toMatchObject({
      State: { "Fn::If": ["WithReads", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "ENABLED"] },
      EventPattern: {
        source: ["aws.cognito-idp"],
        "detail-type": ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"],
      },
      Targets: [
        {
          RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: { "Fn::GetAtt": "DeadLetters.Arn" } },
        },
      ],
    });
    expect(template(road).Conditions.WithReads).toEqual({ "Fn::Equals": [{ Ref: "IncludeReads" }, "true"] });
  });

  it("eventbridge: sends the key to the route", () => {
    const read = template("eventbridge");
    expect(properties(read, "ApiDestination")).toMatchObject({
      HttpMethod: "POST",
      InvocationEndpoint: { "Fn::Sub": "${GatewayUrl}/ingest/eventbridge" },
    });
    expect(properties(read, "Connection")).toMatchObject({
      AuthorizationType: "API_KEY",
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-api-key", ApiKeyValue: { Ref: "ApiKey" } } },
    });
  });

  it("s3: tells of log files and nothing else, and of those of its own trail", () => {
    const read = template("s3");
    expect(properties(read, "Rule")).toMatchObject({
      EventPattern: {
        source: ["aws.s3"],
        "detail-type": ["Object Created"],
        detail: {
          bucket: { name: [{ Ref: "TrailBucketName" }] },
          object: { key: [{ wildcard: { "Fn::Sub": "${KeyPrefix}*/CloudTrail/*" } }] },
        },
      },
      Targets: [
        {
          Arn: { Ref: "Topic" },
          RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: { "Fn::GetAtt": "DeadLetters.Arn" } },
        },
      ],
    });
    expect(properties(read, "TrailBucket")).toMatchObject({
      BucketName: { Ref: "TrailBucketName" },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    expect(read.Outputs).toHaveProperty("ReadFilesPolicyArn.Value", { Ref: "ReadFiles" });
  });

  it.each(["sns", "s3"] as const)("%s: signs with version 2, and repeats for less than an hour", (road) => {
    const read = template(road);
    expect(properties(read, "Topic")).toMatchObject({ SignatureVersion: "2" });
    const policy = { numRetries: 25, minDelayTarget: 5, maxDelayTarget: 120, backoffFunction: "exponential" };
    expect(properties(read, "Subscription")).toMatchObject({
      Protocol: "https",
      Endpoint: { "Fn::Sub": "${GatewayUrl}/ingest/sns" },
      RawMessageDelivery: false,
      DeliveryPolicy: { healthyRetryPolicy: policy },
      RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": "DeadLetters.Arn" } },
    });
    expect(policy.numRetries * policy.maxDelayTarget).toBeLessThan(3600);
  });

  it("firehose: takes from the log group, repeats for two hours, and keeps what failed", () => {
    const read = template("firehose");
    expect(read.Parameters.BufferMegabytes).toMatchObject({ Default: 1, MinValue: 1, MaxValue: 5 });
    expect(properties(read, "Stream")).toMatchObject({
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: {
          Url: { "Fn::Sub": "${GatewayUrl}/ingest/firehose" },
          AccessKey: { Ref: "AccessKey" },
        },
        RequestConfiguration: { ContentEncoding: "GZIP" },
        BufferingHints: { SizeInMBs: { Ref: "BufferMegabytes" }, IntervalInSeconds: 60 },
        RetryOptions: { DurationInSeconds: 7200 },
        S3BackupMode: "FailedDataOnly",
      },
    });
    expect(properties(read, "SubscriptionFilter")).toMatchObject({
      FilterPattern: '{ $.eventSource = "cognito-idp.amazonaws.com" }',
      LogGroupName: { Ref: "TrailLogGroupName" },
    });
  });

  it("forwarder: runs as its README says, called by one pool", () => {
    const read = template("forwarder");
    expect(read.Parameters).toMatchObject({ TimeoutSeconds: { Default: 3 }, MemoryMegabytes: { Default: 128 } });
    expect(properties(read, "Function")).toMatchObject({
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      LoggingConfig: { LogGroup: { Ref: "Log" } },
      Environment: {
        Variables: {
          POOLCAST_URL: { "Fn::Sub": "${GatewayUrl}/ingest/cognito" },
          POOLCAST_SECRET: {
            "Fn::If": [
              "FromSecretsManager",
              { "Fn::Sub": "{{resolve:secretsmanager:${SecretArn}:SecretString}}" },
              { Ref: "Secret" },
            ],
          },
        },
      },
    });
    expect(properties(read, "Log")).toHaveProperty("RetentionInDays");
    expect(properties(read, "CognitoMayInvoke")).toMatchObject({
      Action: "lambda:InvokeFunction",
      Principal: "cognito-idp.amazonaws.com",
      SourceArn: { Ref: "UserPoolArn" },
    });
  });
});

const ofType = (file: Block, type: string, name?: string) =>
  allBlocks(file).filter((block) => block.type === type && (name === undefined || block.labels[0] === name));
const tfResource = (file: Block, name: string) => ofType(file, "resource", name)[0] ?? expect.fail(`no ${name}`);
/** The attribute of the first block below that has it. */
const value = (block: Block, name: string) =>
  allBlocks(block)
    .find((inner) => inner.attributes.has(name))
    ?.attributes.get(name);

describe.each([...ROADS, "trail"] as const)("Terraform, %s", (road) => {
  const file = terraform(road);

  it("names only what is there", () => {
    expect(undeclared(file)).toEqual([]);
    const used = allBlocks(file)
      .flatMap((block) => [...block.attributes.values()])
      .join("\n");
    for (const { labels } of ofType(file, "variable")) expect(used).toMatch(new RegExp(`\\bvar\\.${labels[0]}\\b`));
  });

  it("gives the least rights", () => {
    const all = [...ofType(file, "statement"), ...ofType(file, "dynamic", "statement")];
    const actions = all.flatMap((statement) => texts(value(statement, "actions")));
    expect([...new Set(actions)].sort()).toEqual([...ACTIONS[road]].sort());
    for (const statement of all) {
      for (const text of texts(value(statement, "resources"))) {
        if (text.includes("*")) expect(WILDCARDS[road].filter((end) => text.endsWith(end))).toHaveLength(1);
      }
      const services = ofType(statement, "principals").flatMap((block) => texts(block.attributes.get("identifiers")));
      const [service] = services;
      if (service === undefined || service === "lambda.amazonaws.com") continue;
      expect(services).toHaveLength(1);
      const keys = ofType(statement, "condition").flatMap((block) => texts(block.attributes.get("variable")));
      expect(keys, service).toContain(service === "firehose.amazonaws.com" ? "sts:ExternalId" : "aws:SourceArn");
    }
    expect(ofType(file, "resource", "aws_iam_role_policy_attachment")).toEqual([]);
  });

  it("hides its secrets", () => {
    const hidden = ofType(file, "variable").filter((block) => block.attributes.get("sensitive") === "true");
    expect(hidden.map((block) => block.labels[0]).join()).toBe(road === "trail" ? "" : TF_SECRETS[road]);
  });

  it("closes and encrypts its buckets", () => {
    for (const { labels } of ofType(file, "resource", "aws_s3_bucket")) {
      const parts = ofType(file, "resource").filter(
        (block) => block.attributes.get("bucket") === `aws_s3_bucket.${labels[1]}.id`,
      );
      const closed = parts.find((block) => block.labels[0] === "aws_s3_bucket_public_access_block");
      const flags = [...(closed?.attributes ?? [])].filter(([name]) => name !== "bucket");
      expect(flags.map(([, flag]) => flag)).toEqual(["true", "true", "true", "true"]);
      expect(parts.map((block) => value(block, "sse_algorithm"))).toContain('"AES256"');
    }
  });
});

describe("Terraform", () => {
  it.each(["eventbridge", "sns"] as const)("%s: the rule sees every kind of event, and repeats", (road) => {
    const file = terraform(road);
    const rule = tfResource(file, "aws_cloudwatch_event_rule");
    expect(value(rule, "state")).toBe(
      'var.include_reads ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED"',
    );
    expect(texts(value(rule, "event_pattern"))).toEqual([
      "aws.cognito-idp",
      "AWS API Call via CloudTrail",
      "AWS Service Event via CloudTrail",
    ]);
    const target = tfResource(file, "aws_cloudwatch_event_target");
    expect(value(target, "maximum_event_age_in_seconds")).toBe("86400");
    expect(value(target, "maximum_retry_attempts")).toBe("185");
    expect(ofType(target, "dead_letter_config")[0]?.attributes.get("arn")).toBe("aws_sqs_queue.dead_letters.arn");
  });

  it("eventbridge: sends the key to the route", () => {
    const file = terraform("eventbridge");
    const connection = tfResource(file, "aws_cloudwatch_event_connection");
    expect(value(connection, "authorization_type")).toBe('"API_KEY"');
    expect([value(connection, "key"), value(connection, "value")]).toEqual(['"x-api-key"', "var.api_key"]);
    const destination = tfResource(file, "aws_cloudwatch_event_api_destination");
    expect(value(destination, "invocation_endpoint")).toBe('"${var.gateway_url}/ingest/eventbridge"');
  });

  it("s3: tells of log files and nothing else, and of those of its own trail", () => {
    const file = terraform("s3");
    const pattern = value(tfResource(file, "aws_cloudwatch_event_rule"), "event_pattern");
    expect(texts(pattern)).toEqual(["aws.s3", "Object Created", "${var.key_prefix}*/CloudTrail/*"]);
    expect(pattern).toContain("bucket = { name = [var.trail_bucket_name] }");
    const target = tfResource(file, "aws_cloudwatch_event_target");
    expect([value(target, "arn"), value(target, "maximum_event_age_in_seconds")]).toEqual([
      "aws_sns_topic.files.arn",
      "86400",
    ]);
    const [trail] = ofType(file, "module");
    expect(trail?.attributes.get("bucket_name")).toBe("var.trail_bucket_name");
    expect(value(tfResource(terraform("trail"), "aws_s3_bucket_notification"), "eventbridge")).toBe("true");
  });

  it.each(["sns", "s3"] as const)("%s: signs with version 2, and repeats for less than an hour", (road) => {
    const file = terraform(road);
    expect(value(tfResource(file, "aws_sns_topic"), "signature_version")).toBe("2");
    const subscription = tfResource(file, "aws_sns_topic_subscription");
    expect(value(subscription, "endpoint")).toBe('"${var.gateway_url}/ingest/sns"');
    expect(value(subscription, "raw_message_delivery")).toBe("false");
    expect(value(subscription, "redrive_policy")).toContain("aws_sqs_queue.dead_letters.arn");
    expect(value(subscription, "delivery_policy")).toMatch(
      /numRetries = 25 minDelayTarget = 5 maxDelayTarget = 120 backoffFunction = "exponential"/,
    );
  });

  it("firehose: takes from the log group, repeats for two hours, and keeps what failed", () => {
    const file = terraform("firehose");
    const stream = tfResource(file, "aws_kinesis_firehose_delivery_stream");
    expect(Object.fromEntries(ofType(stream, "http_endpoint_configuration")[0]?.attributes ?? [])).toMatchObject({
      url: '"${var.gateway_url}/ingest/firehose"',
      access_key: "var.access_key",
      buffering_size: "var.buffer_megabytes",
      buffering_interval: "60",
      retry_duration: "7200",
      s3_backup_mode: '"FailedDataOnly"',
    });
    expect(value(stream, "content_encoding")).toBe('"GZIP"');
    expect(value(tfResource(file, "aws_cloudwatch_log_subscription_filter"), "filter_pattern")).toBe(
      '"{ $.eventSource = \\"cognito-idp.amazonaws.com\\" }"',
    );
  });

  it("forwarder: runs as its README says, called by one pool", () => {
    const file = terraform("forwarder");
    const lambda = tfResource(file, "aws_lambda_function");
    expect(value(lambda, "runtime")).toBe('"nodejs22.x"');
    expect(value(lambda, "variables")).toContain('POOLCAST_URL = "${var.gateway_url}/ingest/cognito"');
    expect(value(lambda, "variables")).toMatch(/POOLCAST_SECRET = var\.secret_arn == null \? var\.secret : data\./);
    const defaults = new Map(
      ofType(file, "variable").map((block) => [block.labels[0], block.attributes.get("default")]),
    );
    expect([defaults.get("timeout_seconds"), defaults.get("memory_megabytes")]).toEqual(["3", "128"]);
    expect(value(tfResource(file, "aws_cloudwatch_log_group"), "retention_in_days")).toBe("var.log_retention_days");
    expect(Object.fromEntries(tfResource(file, "aws_lambda_permission").attributes)).toMatchObject({
      principal: '"cognito-idp.amazonaws.com"',
      source_arn: "var.user_pool_arn",
    });
  });
});
