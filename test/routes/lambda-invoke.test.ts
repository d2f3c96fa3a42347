import { describe, expect, it } from "vitest";
import { openTestGateway, post, type TestGateway } from "../support/test-gateway.ts";
import { triggerEvent } from "../support/webhooks.ts";

const PATH = "/2015-03-31/functions/anything/invocations";
/** Written as no serializer would write it. */
const BODY = ` ${JSON.stringify(triggerEvent("PreSignUp_SignUp"), null, 3)}\n{}`.slice(0, -2);

function invoke(gateway: TestGateway, headers: Record<string, string> = {}, body: BodyInit = BODY): Promise<Response> {
  return gateway.request(PATH, post(body, headers));
}

describe("POST /2015-03-31/functions/:name/invocations", () => {
  it("answers the event byte for byte, once it is committed", async () => {
    const gateway = await openTestGateway();
    const response = await invoke(gateway);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await response.text()).toBe(BODY);
    const [event] = await gateway.committed();
    expect(event?.attributes.type).toBe("com.amazon.cognito-idp.lambda_trigger.pre_sign_up_sign_up");
    expect(event?.attributes.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    "my-function",
    "my-function:1",
    "arn%3Aaws%3Alambda%3Aeu-west-1%3A210987654321%3Afunction%3Af",
    "%24LATEST",
  ])("is every function: %s", async (name) => {
    const gateway = await openTestGateway();
    const response = await gateway.request(`/2015-03-31/functions/${name}/invocations?Qualifier=1`, post(BODY));
    expect(response.status).toBe(200);
  });

  it("makes one event of one call, however often the SDK repeats it", async () => {
    const gateway = await openTestGateway();
    for (let at = 0; at < 3; at++) {
      expect((await invoke(gateway, { "amz-sdk-invocation-id": "call-1" })).status).toBe(200);
    }
    expect((await gateway.committed()).map(({ attributes }) => attributes.id)).toEqual(["call-1"]);
  });

  it("answers an Event invocation with 202 and nothing", async () => {
    const gateway = await openTestGateway();
    const response = await invoke(gateway, { "x-amz-invocation-type": "Event" });
    expect([response.status, await response.text()]).toEqual([202, ""]);
    expect(await gateway.committed()).toHaveLength(1);
  });

  it("answers a DryRun with 204 and does nothing", async () => {
    const gateway = await openTestGateway();
    expect((await invoke(gateway, { "x-amz-invocation-type": "DryRun" })).status).toBe(204);
    expect(await gateway.committed()).toEqual([]);
  });

  it.each(['{"triggerSource":""}', '{"hello":1}', "[]", "null"])(
    "gives back what is no trigger event: %s",
    async (body) => {
      const gateway = await openTestGateway();
      const response = await invoke(gateway, {}, body);
      expect([response.status, await response.text()]).toEqual([200, body]);
      expect(await gateway.committed()).toEqual([]);
    },
  );

  it.each(["", "{", "\uFFFE{}"])("answers what is not JSON as Lambda does: %j", async (body) => {
    const response = await invoke(await openTestGateway(), {}, body);
    expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([
      400,
      "InvalidRequestContentException",
    ]);
    expect(await response.json()).toEqual({ Type: "User", message: "the body is not JSON" });
  });

  it("answers an unknown invocation type, and a body that is too large, as Lambda does", async () => {
    const gateway = await openTestGateway();
    const unknown = await invoke(gateway, { "x-amz-invocation-type": "Sometime" });
    expect([unknown.status, unknown.headers.get("x-amzn-errortype")]).toEqual([400, "InvalidParameterValueException"]);
    const large = await invoke(gateway, {}, `"${"x".repeat(6 * 1024 ** 2)}"`);
    expect([large.status, large.headers.get("x-amzn-errortype")]).toEqual([413, "RequestTooLargeException"]);
  });

  it("does not answer the event when the broker cannot commit: the SDK shall try again", async () => {
    const { broker } = await openTestGateway();
    const append = () => Promise.reject(Object.assign(new Error(), { code: "broker_full" }));
    const response = await invoke(await openTestGateway("", { broker: { ...broker, append } }));
    expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([503, "ServiceException"]);
    expect(await response.json()).toMatchObject({ Type: "Service", message: expect.stringContaining("broker_full") });
  });

  it.each([
    ["a web page", { origin: "http://localhost:3000" }],
    ["a name that was rebound to this machine", { host: "attacker.example:8080" }],
  ])("refuses %s, with and without an ingest section", async (_name, headers) => {
    for (const yaml of ["", "ingest: { lambda: {} }"]) {
      const gateway = await openTestGateway(yaml);
      expect((await invoke(gateway, headers as Record<string, string>)).status).toBe(403);
      expect(await gateway.committed()).toEqual([]);
    }
  });

  it("is there where it is asked for, and for POST only", async () => {
    expect((await invoke(await openTestGateway("ingest: { lambda: {} }"))).status).toBe(200);
    expect((await invoke(await openTestGateway("ingest: { events: { apiKeys: k } }"))).status).toBe(404);
    const get = await (await openTestGateway()).request(PATH);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("is not there for others", async () => {
    const gateway = await openTestGateway("listen: { host: 0.0.0.0 }\ningest: { events: { apiKeys: k } }");
    expect((await invoke(gateway)).status).toBe(404);
  });
});
