import { describe, expect, it } from "vitest";
import { isLogsPayload, unwrapLogs } from "../../src/ingest/cloudwatch-logs.ts";
import { activityLog, CONTROL_MESSAGE, logsPayload } from "../support/firehose.ts";
import { cloudTrailRecord } from "../support/records.ts";

const record = cloudTrailRecord();

describe("a payload of CloudWatch Logs", () => {
  it("is told from other JSON", () => {
    expect([CONTROL_MESSAGE, logsPayload([])].map((text) => isLogsPayload(JSON.parse(text)))).toEqual([true, true]);
    expect([null, [], record, activityLog(), { messageType: "DATA_MESSAGE" }].some(isLogsPayload)).toBe(false);
  });

  it("has a record in each line, of the account that owns the log group", () => {
    const log = activityLog();
    expect(unwrapLogs(JSON.parse(logsPayload([record, log])))).toEqual([
      { kind: "record", record, envelope: { account: "333322221111" } },
      { kind: "log", log, envelope: { account: "333322221111" } },
    ]);
  });

  it("knows the region from the line, else from what carried it", () => {
    const payload = JSON.parse(logsPayload([record, record]));
    payload.logEvents[0].extractedFields = { "@aws.account": "444455556666", "@aws.region": "eu-west-1" };
    const found = unwrapLogs(payload, { account: "210987654321", region: "us-east-1" });
    expect(found.map((one) => one.kind === "record" && one.envelope)).toEqual([
      { account: "444455556666", region: "eu-west-1" },
      { account: "333322221111", region: "us-east-1" },
    ]);
  });

  it("keeps the neighbours of a line that is no JSON, and of one that is no line", () => {
    const payload = JSON.parse(logsPayload(["started", record, '{"eventVersion":"1.03","userIdentity":{']));
    payload.logEvents.push(null, { message: 7 });
    expect(unwrapLogs(payload).map((one) => (one.kind === "ignored" ? one.reason : one.kind))).toEqual([
      "invalid_json",
      "record",
      "invalid_json",
      "not_a_record",
      "not_a_record",
    ]);
  });

  it("makes nothing of a control message, or of a kind of message that is new", () => {
    expect(unwrapLogs(JSON.parse(CONTROL_MESSAGE))).toEqual([{ kind: "ignored", reason: "control_message" }]);
    const other = JSON.parse(logsPayload([record], { messageType: "OTHER_MESSAGE" }));
    expect(unwrapLogs(other)).toEqual([{ kind: "ignored", reason: "not_a_record" }]);
  });
});
