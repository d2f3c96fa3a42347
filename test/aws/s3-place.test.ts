import { describe, expect, it } from "vitest";
import { bucketUrl } from "../../src/aws/s3-place.ts";

const urlOf = (...asked: Parameters<typeof bucketUrl>) => {
  const { origin, path } = bucketUrl(...asked);
  return origin + path;
};

describe("where a bucket is", () => {
  // As @aws-sdk/client-s3 3.1175 was seen to ask.
  it.each([
    ["orchard", "eu-central-1", {}, "https://orchard.s3.eu-central-1.amazonaws.com"],
    ["orchard", "us-east-1", {}, "https://orchard.s3.us-east-1.amazonaws.com"],
    ["orchard", "us-gov-west-1", {}, "https://orchard.s3.us-gov-west-1.amazonaws.com"],
    ["orchard", "cn-north-1", {}, "https://orchard.s3.cn-north-1.amazonaws.com.cn"],
    ["orchard", "eusc-de-east-1", {}, "https://orchard.s3.eusc-de-east-1.amazonaws.eu"],
    ["orchard", "us-east-2", { useFips: true }, "https://orchard.s3-fips.us-east-2.amazonaws.com"],
    ["orchard", "us-east-2", { useDualStack: true }, "https://orchard.s3.dualstack.us-east-2.amazonaws.com"],
    [
      "orchard",
      "us-east-2",
      { useFips: true, useDualStack: true },
      "https://orchard.s3-fips.dualstack.us-east-2.amazonaws.com",
    ],
    ["orchard.logs", "eu-west-1", {}, "https://s3.eu-west-1.amazonaws.com/orchard.logs"],
    ["Orchard_Logs", "us-east-1", {}, "https://s3.us-east-1.amazonaws.com/Orchard_Logs"],
    ["-a-", "eu-west-1", {}, "https://s3.eu-west-1.amazonaws.com/-a-"],
    ["ab", "eu-west-1", {}, "https://s3.eu-west-1.amazonaws.com/ab"],
    ["192.168.0.1", "eu-west-1", {}, "https://s3.eu-west-1.amazonaws.com/192.168.0.1"],
    ["orchard", "eu-west-1", { endpoint: "http://h:9000/base/" }, "http://h:9000/base/orchard"],
    ["orchard", "eu-west-1", { endpoint: "https://h", useFips: true }, "https://h/orchard"],
  ])("%s in %s with %o: %s", (bucket, region, place, url) => {
    expect(urlOf(bucket, region, place)).toBe(url);
  });

  it("lets no name lead to another host", () => {
    for (const bucket of ["a.example/", "a@b", "a?b", "a#b", "a:1", "a\\b", "ä"]) {
      expect(new URL(urlOf(bucket, "eu-west-1", {})).host).toBe("s3.eu-west-1.amazonaws.com");
      expect(new URL(urlOf(bucket, "eu-west-1", { endpoint: "http://h" })).host).toBe("h");
    }
  });

  it.each(["", "eu.example", "eu-west-1/", "eu-west-1@x", "EU"])("takes no region from %j", (region) => {
    expect(() => bucketUrl("orchard", region, {})).toThrow(RangeError);
  });
});
