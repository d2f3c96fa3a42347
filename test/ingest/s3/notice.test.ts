import { describe, expect, it } from "vitest";
import { type Unwrapped, unwrap } from "../../../src/ingest/unwrap.ts";
import { s3Event, s3Record } from "../../support/s3-notices.ts";

const LOG = "AWSLogs/210987654321/CloudTrail/eu-central-1/2026/05/04/210987654321_CloudTrail_eu-central-1_x.json.gz";

const file = (parts: object): Unwrapped => expect.objectContaining({ kind: "file", file: parts });
const ignored = (reason: string) => ({ kind: "ignored", reason });

describe("a notice", () => {
  it("of CloudTrail names its files, with keys as they are", () => {
    const keys = [LOG, "a%20b+c.json.gz"];
    expect(unwrap({ s3Bucket: "trail", s3ObjectKey: keys })).toEqual([
      file({ bucket: "trail", key: LOG, region: "eu-central-1" }),
      file({ bucket: "trail", key: "a%20b+c.json.gz" }),
    ]);
    expect(unwrap({ s3Bucket: "trail", s3ObjectKey: LOG })).toHaveLength(1);
  });

  it("of S3 names its object, with the key decoded, the version, the tag and the region", () => {
    const key = "logs/Grüße+mit%2FRest &=.json.gz";
    const record = s3Record("trail", key, { versionId: "v-1", eTag: "d41d8cd9" });
    expect(unwrap({ Records: [record, s3Record("other", "b")] })).toEqual([
      file({ bucket: "trail", key, versionId: "v-1", etag: "d41d8cd9", region: "eu-central-1" }),
      file({ bucket: "other", key: "b", region: "eu-central-1" }),
    ]);
  });

  it("of S3 by EventBridge names its object, with the key as it is", () => {
    const event = s3Event("trail", "a%20b+c.json", { "version-id": "v-2", etag: "e-2" });
    expect(unwrap(event)).toEqual([
      file({ bucket: "trail", key: "a%20b+c.json", versionId: "v-2", etag: "e-2", region: "eu-central-1" }),
    ]);
    expect(unwrap([event, { specversion: "1.0", id: "1", source: "/x", type: "t", data: event }])).toHaveLength(2);
  });

  it("stands beside records, which are not lost", () => {
    const found = unwrap({ Records: [{ eventID: "1" }, s3Record("trail", "k"), { eventID: "2" }] });
    expect(found.map(({ kind }) => kind)).toEqual(["record", "file", "record"]);
  });

  it.each([
    ["a removed object", { Records: [s3Record("b", "k", {}, "ObjectRemoved:Delete")] }],
    ["a restored object", { Records: [s3Record("b", "k", {}, "ObjectRestore:Completed")] }],
    ["no event name", { Records: [{ eventSource: "aws:s3", s3: {} }] }],
    ["an object deleted, by EventBridge", { ...s3Event("b", "k"), "detail-type": "Object Deleted" }],
    ["an event without detail", { ...s3Event("b", "k"), detail: null }],
  ])("about something else is ignored: %s", (_name, notice) => {
    expect(unwrap(notice)).toEqual([ignored("object_not_created")]);
  });

  it.each([
    ["no key", { s3Bucket: "b", s3ObjectKey: [null] }],
    ["an empty key", { s3Bucket: "b", s3ObjectKey: [""] }],
    ["a key longer than S3 allows", { s3Bucket: "b", s3ObjectKey: ["ü".repeat(513)] }],
    ["half a character", { s3Bucket: "b", s3ObjectKey: ["\ud800"] }],
    ["no bucket", { s3Bucket: "", s3ObjectKey: ["k"] }],
    [
      "a key that is not URL-encoded",
      { Records: [{ ...s3Record("b", "k"), s3: { bucket: { name: "b" }, object: { key: "%" } } }] },
    ],
    ["no object", { Records: [{ ...s3Record("b", "k"), s3: { bucket: { name: "b" } } }] }],
    ["no object, by EventBridge", { ...s3Event("b", "k"), detail: { bucket: { name: "b" } } }],
  ])("that names nothing is ignored: %s", (_name, notice) => {
    expect(unwrap(notice)).toEqual([ignored("invalid_notice")]);
  });

  it.each([
    LOG.replace("CloudTrail/", "CloudTrail-Digest/"),
    LOG.replace("CloudTrail/", "CloudTrail-Insight/"),
    LOG.replace("CloudTrail/", "CloudTrail-NetworkActivity/"),
    LOG.replace("CloudTrail/", "CloudTrail-Aggregated/"),
    `my/prefix/${LOG.replace("CloudTrail/", "CloudTrail-Digest/")}`,
    "AWSLogs/210987654321/moved/210987654321_CloudTrail-Digest_eu-central-1_t_eu-central-1_x_backfill.json.gz",
    "AWSLogs/210987654321/CloudTrail/",
  ])("of a file that holds no records is ignored: %s", (key) => {
    expect(unwrap({ s3Bucket: "b", s3ObjectKey: [key] })).toEqual([ignored("not_a_log_file")]);
    expect(unwrap({ Records: [s3Record("b", key)] })).toEqual([ignored("not_a_log_file")]);
    expect(unwrap(s3Event("b", key))).toEqual([ignored("not_a_log_file")]);
  });

  it("of an empty object is ignored", () => {
    expect(unwrap({ Records: [s3Record("b", "k", { size: 0 })] })).toEqual([ignored("not_a_log_file")]);
  });

  it("cannot make a host name of its region", () => {
    const record = { ...s3Record("b", "k"), awsRegion: "x.evil.example/" };
    expect(unwrap({ Records: [record] })).toEqual([file({ bucket: "b", key: "k" })]);
  });

  it.each(["eusc-de-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-5", "us-iso-east-1"])(
    "may be of the region %s",
    (awsRegion) => {
      expect(unwrap({ Records: [{ ...s3Record("b", "k"), awsRegion }] })).toEqual([
        file({ bucket: "b", key: "k", region: awsRegion }),
      ]);
    },
  );

  it("that S3 sends to see whether anybody is there is ignored", () => {
    const test = { Service: "Amazon S3", Event: "s3:TestEvent", Time: "2026-05-04T07:31:09Z", Bucket: "b" };
    expect(unwrap(test)).toEqual([ignored("test_event")]);
  });
});
