/** Whatever the gateway does, Cognito gets what it would have got without the forwarder, and in time. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Entry, type Handler, loadForwarder, type Trigger } from "../support/forwarder.ts";
import { makePlace } from "../support/gateway-process.ts";
import { onRequest, startRawServer } from "../support/raw-server.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { waitUntil } from "../support/wait.ts";
import { SECRET, triggerEvent } from "../support/webhooks.ts";

const { handler, wrap } = await loadForwarder();

const CONTEXT = {
  awsRequestId: "2c6f3f0e-6a55-4c0b-9a8e-1f2d3c4b5a69",
  invokedFunctionArn: "arn:aws:lambda:eu-central-1:210987654321:function:poolcast-forwarder",
  getRemainingTimeInMillis: () => 5000,
};

let logged = "";

beforeEach(() => {
  vi.stubEnv("POOLCAST_SECRET", SECRET);
  logged = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    logged += text;
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Answers how long it took; fails where the event is not what came back, or was changed. */
async function expectUnmoved(event: Trigger = triggerEvent(), run: Entry = handler): Promise<number> {
  const before = structuredClone(event);
  const startMs = performance.now();
  const result = await run(event, CONTEXT);
  expect(result).toBe(event);
  expect(event).toEqual(before);
  return performance.now() - startMs;
}

describe("the event is given back unchanged", () => {
  it("by a gateway that takes it", async () => {
    const sink = await startRecordingSink(() => 202);
    vi.stubEnv("POOLCAST_URL", sink.url);
    await expectUnmoved();
    expect(sink.received).toHaveLength(1);
    expect(logged).toBe("");
    await sink.close();
  });

  it.each([400, 401, 404, 413, 429, 500, 503, 302, 200])("by one that answers %s", async (status) => {
    const sink = await startRecordingSink(() => status);
    vi.stubEnv("POOLCAST_URL", sink.url);
    await expectUnmoved();
    // One try: Cognito waits.
    expect(sink.received).toHaveLength(1);
    expect(JSON.parse(logged)).toMatchObject({ reason: `status_${status}`, requestId: CONTEXT.awsRequestId });
    await sink.close();
  });

  it("by one that is dead", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    vi.stubEnv("POOLCAST_URL", server.url);
    expect(await expectUnmoved()).toBeLessThan(1000);
    expect(JSON.parse(logged).reason).toBe("ECONNREFUSED");
  });

  it.each([
    ["never answers", () => {}],
    ["answers half a head", (socket) => onRequest(socket, () => socket.write("HTTP/1.1 202 Acc"))],
  ] satisfies [string, Parameters<typeof startRawServer>[0]][])("by one that %s, within 2 s", async (_name, behave) => {
    const server = await startRawServer(behave);
    vi.stubEnv("POOLCAST_URL", server.url);
    const tookMs = await expectUnmoved();
    expect(tookMs).toBeGreaterThan(1300);
    expect(tookMs).toBeLessThan(2000);
    expect(JSON.parse(logged).reason).toBe("timeout");
    await server.close();
  });

  it.each([
    ["answers garbage", (socket) => onRequest(socket, () => socket.write("\u0000\u0001 what?\r\n\r\n"))],
    ["hangs up at once", (socket) => socket.destroy()],
    ["resets the connection", (socket) => onRequest(socket, () => socket.resetAndDestroy())],
    ["changes the protocol", (socket) => onRequest(socket, () => socket.write("HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"))],
    [
      "sends a body without end",
      (socket) =>
        onRequest(socket, () => {
          socket.write("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n");
          const drip = setInterval(() => socket.write("1\r\nx\r\n"), 20);
          socket.once("close", () => clearInterval(drip));
        }),
    ],
    [
      "answers another event",
      (socket) => {
        const body = JSON.stringify({ response: { autoConfirmUser: true } });
        onRequest(socket, () => socket.write(`HTTP/1.1 202 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
      },
    ],
  ] satisfies [string, Parameters<typeof startRawServer>[0]][])("by one that %s", async (_name, behave) => {
    const server = await startRawServer(behave);
    vi.stubEnv("POOLCAST_URL", server.url);
    expect(await expectUnmoved(triggerEvent("PreSignUp_SignUp"))).toBeLessThan(2000);
    await server.close();
  });

  it.each([
    ["no URL", "", SECRET],
    ["no secret", "http://127.0.0.1:9/", ""],
    ["a URL that is none", "not a url", SECRET],
    ["a URL of another protocol", "ftp://127.0.0.1/", SECRET],
    ["a name that does not exist", "http://poolcast.invalid/", SECRET],
    ["an https URL where nobody listens", "https://127.0.0.1:9/", SECRET],
  ])("with %s", async (_name, url, secret) => {
    vi.stubEnv("POOLCAST_URL", url);
    vi.stubEnv("POOLCAST_SECRET", secret);
    await expectUnmoved();
    expect(logged).toContain("poolcast was not told");
    expect(logged).not.toContain(SECRET);
  });

  it("where it is nothing that could be sent", async () => {
    vi.stubEnv("POOLCAST_URL", "http://127.0.0.1:9/");
    const circle: Record<string, unknown> = { triggerSource: "PreSignUp_SignUp" };
    circle.self = circle;
    for (const event of [circle, undefined, null, "text", { big: 1n }]) {
      expect(await handler(event, CONTEXT)).toBe(event);
      expect(await handler(event, undefined)).toBe(event);
    }
  });
});

describe("what is sent", () => {
  it("has the request id, time and account, and none of the secrets", async () => {
    const sink = await startRecordingSink(() => 202);
    vi.stubEnv("POOLCAST_URL", sink.url);
    const c = "c4n4ry";
    const event = {
      ...triggerEvent("CustomMessage_SignUp", {
        ...{ password: c, code: c, challengeAnswer: c, privateChallengeParameters: { a: c } },
        ...{
          publicChallengeParameters: { a: c },
          validationData: { a: c },
          clientMetadata: { a: c },
          codeParameter: c,
        },
        attributes: {
          tokenResponse: { access_token: c },
          idToken: { sub: c },
          samlResponse: { a: c },
          userInfo: { a: 1 },
        },
        session: [{ challengeName: "CUSTOM_CHALLENGE", challengeResult: true, challengeMetadata: c }],
      }),
      response: {
        ...{ smsMessage: c, emailMessage: c, emailSubject: c, publicChallengeParameters: { a: c } },
        ...{ privateChallengeParameters: { a: c }, challengeMetadata: c, autoConfirmUser: true },
      },
    };
    await expectUnmoved(event);
    const [sent] = sink.received;
    const text = `${sent?.body}`;
    expect(text).not.toContain(c);
    expect(JSON.parse(text)).toMatchObject({
      event: {
        triggerSource: "CustomMessage_SignUp",
        userName: event.userName,
        request: {
          userAttributes: event.request.userAttributes,
          session: [{ challengeName: "CUSTOM_CHALLENGE", challengeResult: true }],
        },
        response: { autoConfirmUser: true },
      },
      context: {
        requestId: CONTEXT.awsRequestId,
        accountId: "210987654321",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    });
    expect(sent?.headers["webhook-id"]).toBe(CONTEXT.awsRequestId);
    await sink.close();
  });

  it("is taken by the gateway itself", async () => {
    const place = makePlace();
    place.writeConfig(`ingest: { cognito: { secrets: ["${SECRET}"] } }`);
    const gateway = await place.start();
    vi.stubEnv("POOLCAST_URL", `${gateway.url}/ingest/cognito`);
    await expectUnmoved();
    expect(logged).toBe("");
    await waitUntil(() => gateway.stdout().includes("\n"), "the event is printed");
    expect(JSON.parse(gateway.stdout())).toMatchObject({
      id: CONTEXT.awsRequestId,
      type: "com.amazon.cognito-idp.lambda_trigger.post_confirmation_confirm_sign_up",
      source: "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP",
    });

    vi.stubEnv("POOLCAST_SECRET", `whsec_${btoa("another secret of 24 bytes")}`);
    await expectUnmoved();
    expect(JSON.parse(logged).reason).toBe("status_401");
    await place.remove();
  });
});

describe("a wrapped function", () => {
  const failure = new Error("not you");
  const answer = { response: { autoConfirmUser: true } };

  it.each([
    ["is async", async () => answer],
    ["calls back", (_event, _context, callback) => setTimeout(() => callback(null, answer), 5)],
    ["succeeds by the context", (_event, context) => context.succeed(answer)],
    ["is done by the context", (_event, context) => context.done(null, answer)],
  ] satisfies [string, Handler][])("that %s answers Cognito, whatever the gateway does", async (_name, original) => {
    const sink = await startRecordingSink(() => 202);
    for (const url of [sink.url, "http://127.0.0.1:9/", ""]) {
      vi.stubEnv("POOLCAST_URL", url);
      expect(await wrap(original)(triggerEvent("PreSignUp_SignUp"), CONTEXT)).toBe(answer);
    }
    expect(JSON.parse(`${sink.received[0]?.body}`).event).toMatchObject({
      triggerSource: "PreSignUp_SignUp",
      response: { autoConfirmUser: true },
    });
    await sink.close();
  });

  it.each([
    ["is async", async () => Promise.reject(failure)],
    [
      "throws at once",
      () => {
        throw failure;
      },
    ],
    ["calls back", (_event, _context, callback) => callback(failure)],
    ["fails by the context", (_event, context) => context.fail(failure)],
  ] satisfies [string, Handler][])("that %s and fails, fails with its own error", async (_name, original) => {
    const sink = await startRecordingSink(() => 503);
    for (const url of [sink.url, ""]) {
      vi.stubEnv("POOLCAST_URL", url);
      await expect(wrap(original)(triggerEvent("PreSignUp_SignUp"), CONTEXT)).rejects.toBe(failure);
    }
    expect(sink.received).toHaveLength(1);
    await sink.close();
  });

  it("gets the event and context as they are, secrets among them, and may change the event", async () => {
    const sink = await startRecordingSink(() => 202);
    vi.stubEnv("POOLCAST_URL", sink.url);
    const event = triggerEvent("UserMigration_Authentication", { password: "c4n4ry" });
    const original: Handler = async (given, context) => {
      expect(given).toBe(event);
      expect(context.awsRequestId).toBe(CONTEXT.awsRequestId);
      expect(context.getRemainingTimeInMillis()).toBe(5000);
      Object.assign(event, { userName: "changed", response: { finalUserStatus: "CONFIRMED", password: "c4n4ry" } });
      return event;
    };
    expect(await wrap(original)(event, CONTEXT)).toBe(event);
    const sent = `${sink.received[0]?.body}`;
    expect(sent).not.toContain("c4n4ry");
    expect(JSON.parse(sent).event).toMatchObject({
      userName: "mara.lindqvist",
      response: { finalUserStatus: "CONFIRMED" },
    });
    await sink.close();
  });

  it("that is slow leaves the gateway less time, so that Cognito still gets the answer", async () => {
    const server = await startRawServer(() => {});
    vi.stubEnv("POOLCAST_URL", server.url);
    const slow: Handler = () => new Promise((done) => setTimeout(() => done(answer), 3900));
    const startMs = performance.now();
    expect(await wrap(slow)(triggerEvent(), CONTEXT)).toBe(answer);
    expect(performance.now() - startMs).toBeLessThan(4900);
    await server.close();
  });

  it("has no time left to tell of where Lambda is about to end", async () => {
    vi.stubEnv("POOLCAST_URL", "http://127.0.0.1:9/");
    const context = { ...CONTEXT, getRemainingTimeInMillis: () => 50 };
    expect(await wrap(async () => answer)(triggerEvent(), context)).toBe(answer);
    expect(JSON.parse(logged).reason).toBe("no_time_left");
  });
});

describe("POOLCAST_WRAP", () => {
  it.each([
    [
      "an ES module",
      "original.mjs",
      "export const handler = async (event) => ({ ...event, by: 'handler' });",
      "",
      "handler",
    ],
    ["a named function", "original.mjs", "export const other = async () => ({ by: 'other' });", "#other", "other"],
    ["a CommonJS module", "original.cjs", "exports.handler = (e, c, done) => done(null, { by: 'cjs' });", "", "cjs"],
  ])("observes %s", (_name, file, source, fragment, by) => {
    expect(runWrapped(file, source, `./${file}${fragment}`)).toEqual({ result: expect.objectContaining({ by }) });
  });

  it.each([
    ["that does not exist", "other.mjs", "export {};", "./original.mjs"],
    ["that has no such function", "original.mjs", "export const handler = 7;", "./original.mjs"],
    ["that throws when it is loaded", "original.mjs", "throw new Error('no');", "./original.mjs"],
  ])("fails for one %s, for it may be there to keep somebody out", (_name, file, source, wrapped) => {
    expect(runWrapped(file, source, wrapped)).toEqual({ error: expect.any(String) });
  });
});

/** In a process of its own, as Lambda loads it. */
function runWrapped(file: string, source: string, wrapped: string): unknown {
  const place = makePlace();
  const script = `
    import { writeFileSync, copyFileSync } from "node:fs";
    copyFileSync(${JSON.stringify(join(import.meta.dirname, "../../deploy/forwarder/index.mjs"))}, "index.mjs");
    writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(source)});
    const { handler } = await import(${JSON.stringify(`file://${place.directory}/index.mjs`)});
    const answer = await handler({ triggerSource: "PreSignUp_SignUp" }, {}).then(
      (result) => ({ result }),
      (error) => ({ error: error.message }),
    );
    process.stdout.write(JSON.stringify(answer));
  `;
  const env = { PATH: process.env.PATH, POOLCAST_WRAP: wrapped };
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    ...{ cwd: place.directory, env },
    encoding: "utf8",
  });
  void place.remove();
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

it("is one file without dependencies", () => {
  const text = readFileSync(join(import.meta.dirname, "../../deploy/forwarder/index.mjs"), "utf8");
  const imported = [...text.matchAll(/\bfrom "([^"]+)"/g)].map(([, name]) => name);
  expect(imported.filter((name) => !name?.startsWith("node:"))).toEqual([]);
});
