import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { unusableTlsKeys } from "../../src/runtimes/target-keys.ts";
import { unusableSecrets } from "../../src/runtimes/target-secrets.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
import { SECRET } from "../support/webhooks.ts";

const ONE = makeSelfSigned("one");
const OTHER = makeSelfSigned("other");

function faultsOf(target: object) {
  const tree = { subscriptions: { crm: { target: { url: "https://a.example", ...target } } } };
  const config = parseConfig(JSON.stringify(tree), {});
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return [...unusableTlsKeys(config.value), ...unusableSecrets(config.value)];
}

const pathsOf = (target: object) => faultsOf(target).map(({ path }) => path.replace("subscriptions.crm.target.", ""));

function keyPair(publicHalf?: Buffer): string {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return `whsk_${Buffer.concat([Buffer.from(d, "base64url"), publicHalf ?? Buffer.from(x, "base64url")]).toString("base64")}`;
}

describe("the keys of a target", () => {
  it.each<[string, object]>([
    ["an own CA", { ca: ONE.cert }],
    ["several", { ca: `for us\n${ONE.cert}\n# and them\n${OTHER.cert}` }],
    ["a client certificate", { cert: ONE.cert, key: ONE.key }],
    ["all of it", { ca: OTHER.cert, cert: ONE.cert + OTHER.cert, key: ONE.key }],
  ])("are good: %s", (_, tls) => {
    expect(faultsOf({ tls })).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    ["a CA that is no PEM", { ca: "my-ca.pem" }, ["tls.ca"]],
    ["a CA that is broken", { ca: ONE.cert.replace("MII", "MIJ").replace(/\n.{20}/, "\n") }, ["tls.ca"]],
    ["a key where the CA should be", { ca: ONE.key }, ["tls.ca"]],
    [
      "a good CA and a bad one",
      { ca: `${ONE.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` },
      ["tls.ca"],
    ],
    ["a certificate and a key that are no PEM", { cert: "x", key: "y" }, ["tls.cert", "tls.key"]],
    ["a key of another certificate", { cert: ONE.cert, key: OTHER.key }, ["tls"]],
  ])("are bad: %s", (_, tls, paths) => {
    expect(pathsOf({ tls })).toEqual(paths);
    expect(JSON.stringify(faultsOf({ tls }))).not.toContain("BEGIN");
  });

  it("to sign with must be pairs that belong together", () => {
    const seed = `whsk_${Buffer.alloc(32, 5).toString("base64")}`;
    expect(faultsOf({ secret: [SECRET, seed, keyPair()] })).toEqual([]);
    const wrong = keyPair(Buffer.alloc(32, 5));
    expect(pathsOf({ secret: wrong })).toEqual(["secret"]);
    expect(pathsOf({ secret: [SECRET, wrong] })).toEqual(["secret[1]"]);
    expect(JSON.stringify(faultsOf({ secret: wrong }))).not.toContain(wrong.slice(10, 20));
  });
});
