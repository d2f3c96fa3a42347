import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { subscriptionNamespace } from "../../src/gateway/controls.ts";

function namespaceOf(broker: string): string {
  const config = parseConfig(`broker: ${broker}`, {});
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return subscriptionNamespace(config.value);
}

describe("the namespace of subscriptions in the broker's state", () => {
  it("is that of the group where others may share the stream, so that nobody pauses theirs", () => {
    const redis = "kind: redis, url: redis://127.0.0.1:6379";
    expect(namespaceOf(`{ ${redis}, group: a }`)).not.toBe(namespaceOf(`{ ${redis}, group: b }`));
    expect(namespaceOf("{ kind: sqlite }")).toBe("");
  });
});
