import { expect, it } from "vitest";
import { topologyOf } from "../../src/redis/topology.ts";

it.each([
  ["redis://r", { host: "r", port: 6379, tls: undefined, username: undefined, password: undefined }],
  ["redis://r:7000/2", { host: "r", port: 7000, database: 2 }],
  ["rediss://r", { host: "r", port: 6379, tls: { skipVerify: false } }],
  ["redis://[fd00::1]:7000", { host: "fd00::1", port: 7000 }],
  ["redis://u%40x:p%2Fw@r", { username: "u@x", password: "p/w" }],
  ["https://:to%2Fken@a.upstash.io", { rest: "https", host: "a.upstash.io", port: 443, password: "to/ken" }],
  ["http://a:8080/", { rest: "http", host: "a", port: 8080 }],
  ["redis://:only@r", { username: undefined, password: "only" }],
])("reads %s", (url, node) => {
  expect(topologyOf({ url })).toMatchObject({ kind: "nodes", nodes: [node] });
});

it("lets the keys win over the URL", () => {
  const tls = { ca: "PEM", skipVerify: false };
  expect(topologyOf({ url: "redis://a:b@r/1", username: "u", password: "p", database: 0, tls })).toMatchObject({
    nodes: [{ username: "u", password: "p", database: 0, tls }],
  });
});

it("gives the nodes of a cluster the credentials, and no database", () => {
  expect(topologyOf({ clusterUrls: ["redis://a", "redis://b:7001/4"], password: "p", database: 4 })).toMatchObject({
    kind: "nodes",
    nodes: [
      { host: "a", port: 6379, password: "p", database: 0 },
      { host: "b", port: 7001, password: "p", database: 0 },
    ],
  });
});

it("keeps the credentials of the sentinels apart from those of the primary", () => {
  const topology = topologyOf({
    sentinel: { name: "main", urls: ["redis://:s@a", "rediss://b:26400"] },
    username: "u",
    password: "p",
    database: 5,
  });
  expect(topology).toStrictEqual({
    kind: "sentinel",
    name: "main",
    sentinels: [
      { host: "a", port: 26379, username: undefined, password: "s", database: undefined, tls: undefined },
      {
        host: "b",
        port: 26400,
        username: undefined,
        password: undefined,
        database: undefined,
        tls: { skipVerify: false },
      },
    ],
    primary: { username: "u", password: "p", database: 5, tls: { skipVerify: false } },
  });
});
