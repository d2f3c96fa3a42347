/** The routes of a gateway that is several, over shards that behave as told. */
import { describe, expect, it } from "vitest";
import { requireKey } from "../../src/routes/access.ts";
import { shardedAdminRoutes, shardRoutes } from "../../src/routes/shard-routes.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";

const ADMIN = { headers: { "x-api-key": "admin" } };
const [HOME, AWAY] = ["210987654321.eu-central-1", "333344445555.us-west-2"];

type Answer = (request: Request) => Response;

function setUp(answers: Readonly<Record<string, Answer>>, names: () => readonly string[] = () => Object.keys(answers)) {
  const asked: string[] = [];
  let nowMs = 0;
  const app = shardRoutes({
    access: requireKey(["admin"], sha256),
    clock: () => nowMs,
    shards: {
      names: async () => names(),
      async ask(name, request) {
        const { pathname, search } = new URL(request.url);
        asked.push(`${name} ${request.method} ${pathname}${search}`);
        const answer = answers[name];
        if (!answer) throw new Error("gone");
        return answer(request);
      },
    },
  });
  return {
    asked,
    move: (ms: number) => {
      nowMs += ms;
    },
    async get(path: string, init?: RequestInit) {
      const response = await app.request(path, init);
      const text = await response.text();
      return [response.status, text.startsWith("{") ? JSON.parse(text) : text];
    },
  };
}

const ready: Answer = () => Response.json({ status: "ready", broker: { writable: true } });
const full: Answer = () => Response.json({ status: "not_ready", reason: "broker_full" }, { status: 503 });
const nobody = () => {
  throw new Error("gateway is gone");
};

describe("/readyz", () => {
  it("is ready where all shards are, and tells an operator of each", async () => {
    const { get } = setUp({ gateway: ready, [HOME]: ready });
    expect(await get("/readyz")).toEqual([200, { status: "ready" }]);
    const detail = { status: "ready", broker: { writable: true } };
    expect(await get("/readyz", ADMIN)).toEqual([
      200,
      { status: "ready", shards: { gateway: detail, [HOME]: detail } },
    ]);
  });

  it("is not where one is not, or does not answer, or nobody knows which there are", async () => {
    const { get } = setUp({ gateway: ready, [HOME]: full }, () => ["gateway", HOME, AWAY]);
    expect(await get("/readyz", ADMIN)).toEqual([
      503,
      {
        status: "not_ready",
        shards: {
          gateway: { status: "ready", broker: { writable: true } },
          [HOME]: { status: "not_ready", reason: "broker_full" },
          [AWAY]: { status: "not_ready", reason: "broker_unavailable" },
        },
      },
    ]);
    expect(await setUp({}, nobody).get("/readyz")).toEqual([503, { status: "not_ready" }]);
  });

  it("asks the shards once a second for all who have no key, and each time for an operator", async () => {
    const { get, asked, move } = setUp({ gateway: ready });
    await get("/readyz");
    await get("/readyz");
    expect(asked).toHaveLength(1);
    await get("/readyz", ADMIN);
    expect(asked).toHaveLength(2);
    move(1000);
    await get("/readyz");
    expect(asked).toHaveLength(3);
  });
});

describe("/metrics", () => {
  it("has those of all that answer, and says who did", async () => {
    const metrics: Answer = ({ headers }) =>
      headers.get("x-api-key") === "admin"
        ? new Response("# TYPE a counter\na 1\n")
        : new Response("", { status: 401 });
    const { get } = setUp({ gateway: metrics, [HOME]: full }, () => ["gateway", HOME, AWAY]);
    const [status, text] = await get("/metrics", ADMIN);
    expect([status, text.split("\n").filter((line: string) => !line.startsWith("#"))]).toEqual([
      200,
      [
        'poolcast_shard_up{shard="gateway"} 1',
        `poolcast_shard_up{shard="${HOME}"} 0`,
        `poolcast_shard_up{shard="${AWAY}"} 0`,
        'a{shard="gateway"} 1',
        "",
      ],
    ]);
    expect((await setUp({}, nobody).get("/metrics", ADMIN))[0]).toBe(503);
  });
});

describe("/shards", () => {
  it("lists them to an operator", async () => {
    const { get } = setUp({ gateway: ready, [HOME]: ready });
    expect((await get("/shards"))[0]).toBe(401);
    expect(await get("/shards", ADMIN)).toEqual([200, { shards: [{ name: "gateway" }, { name: HOME }] }]);
    expect(await setUp({}, nobody).get("/shards", ADMIN)).toMatchObject([503, { code: "broker_unavailable" }]);
    expect((await get("/shards", { ...ADMIN, method: "DELETE" }))[0]).toBe(405);
  });

  it("passes on what is about one, whole, to it alone", async () => {
    const echo: Answer = ({ body }) => new Response(body);
    const { get, asked } = setUp({ gateway: ready, [HOME]: echo });
    const init = { ...ADMIN, method: "POST", body: "{}" };
    expect(await get(`/shards/${HOME}/api/subscriptions/crm/dead/replay?a=b`, init)).toEqual([200, {}]);
    expect((await get(`/shards/${HOME}/readyz`))[0]).toBe(200);
    expect(asked).toEqual([`${HOME} POST /api/subscriptions/crm/dead/replay?a=b`, `${HOME} GET /readyz`]);
  });

  it.each([
    ["without a key", `/shards/${HOME}/metrics`, {}, 401],
    ["of a name that is none", "/shards/999999999999.us-east-1/metrics", ADMIN, 404],
    ["of a road", `/shards/${HOME}/ingest/events`, ADMIN, 404],
    ["of nothing", `/shards/${HOME}/api`, ADMIN, 404],
    ["of a path that leaves", `/shards/${HOME}/api/../../ingest/events`, ADMIN, 404],
    ["of a name in disguise", `/shards/${HOME.replace(".", "%2e")}/metrics`, ADMIN, 404],
  ])("asks no shard %s", async (_name, path, init, status) => {
    const { get, asked } = setUp({ gateway: ready, [HOME]: ready });
    expect([(await get(path, init))[0], asked]).toEqual([status, []]);
  });

  it("answers 503 where the shard does not", async () => {
    const { get } = setUp({ gateway: ready }, () => ["gateway", AWAY]);
    expect(await get(`/shards/${AWAY}/api/subscriptions`, ADMIN)).toMatchObject([503, { code: "broker_unavailable" }]);
  });
});

it("says at /api where to ask, to an operator", async () => {
  const api = shardedAdminRoutes(requireKey(["admin"], sha256));
  expect((await api.request("/subscriptions")).status).toBe(401);
  const response = await api.request("/subscriptions", ADMIN);
  expect([response.status, await response.json()]).toMatchObject([404, { code: "shard_required" }]);
});
