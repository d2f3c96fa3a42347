/** What is different in the description of a gateway that is several shards. */
import { answer, json, KEYED, type PathItem, problems } from "./openapi-parts.ts";

const SHARDS: PathItem = {
  get: {
    operationId: "listShards",
    summary: "The shards, each of which has /readyz, /metrics and /api of its own below /shards/{name}",
    description: "At the root, /readyz and /metrics are about all of them, and /api answers `shard_required`.",
    tags: ["operation"],
    security: KEYED,
    responses: {
      "200": answer(
        "All of them",
        json({
          type: "object",
          required: ["shards"],
          properties: {
            shards: {
              type: "array",
              items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
            },
          },
        }),
      ),
      ...problems("unauthorized", "method_not_allowed", "broker_unavailable"),
    },
  },
};

/** `root`: what stands before all paths. The paths of `api` are those of the servers that they name, one for each shard. */
export function shardPaths(root: string, api: Readonly<Record<string, object>>): Readonly<Record<string, object>> {
  const shard = { default: "gateway", description: "One of those that GET /shards lists" };
  const servers = [{ url: `${root}/shards/{shard}`, variables: { shard } }];
  const paths = Object.entries(api).map(([path, item]) => [path, { ...item, servers }]);
  return { ...Object.fromEntries(paths), "/shards": SHARDS };
}
