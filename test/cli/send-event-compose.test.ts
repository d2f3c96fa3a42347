import { describe, expect, it } from "vitest";
import { composeEvents } from "../../src/cli/send-event/compose.ts";
import { type RawEventOptions, readEventOptions } from "../../src/cli/send-event/options.ts";
import { parseEvent } from "../../src/events/index.ts";
import { eventTypes } from "../../src/events/registry.ts";

const NOW = "2026-05-04T07:31:09.000Z";
const CREATED = "com.amazon.cognito-idp.user.created";

interface Asked extends Partial<RawEventOptions> {
  /** What the file holds. */
  readonly content?: string | Uint8Array;
}

/** The events as JSON values, or what is wrong. */
function compose({ content, ...raw }: Asked) {
  const options = readEventOptions(undefined, { ext: [], ...raw }, Date.parse(NOW));
  if (!options.ok) return { faults: options.error };
  const { attributes, data } = options.value;
  let ids = 0;
  const composed = composeEvents(
    {
      attributes,
      content:
        content !== undefined
          ? { bytes: typeof content === "string" ? new TextEncoder().encode(content) : content, mayBeEvents: true }
          : data !== undefined
            ? { bytes: new TextEncoder().encode(data), mayBeEvents: false }
            : undefined,
    },
    { newId: () => `new-${++ids}`, now: NOW },
  );
  if (!composed.ok) return { faults: composed.error };
  return { events: composed.value.map(({ json }) => JSON.parse(json)), texts: composed.value.map(({ json }) => json) };
}

const WHOLE = { specversion: "1.0", id: "w1", source: "/shop", type: "com.example.order", data: { n: 1 } };

describe("an event of options", () => {
  it("has an id, a source and a time of its own unless they are given", () => {
    expect(compose({ type: "com.example.order" }).events).toEqual([
      { specversion: "1.0", id: "new-1", source: "/poolcast/send-event", type: "com.example.order", time: NOW },
    ]);
    const given = {
      id: "7",
      source: "/shop",
      subject: "order/7",
      time: "2026-01-02 03:04:05Z",
      ext: ["tenant=a=b", "n="],
    };
    expect(compose({ eventType: "com.example.order", ...given }).events).toEqual([
      {
        ...{ specversion: "1.0", id: "7", source: "/shop", type: "com.example.order", subject: "order/7" },
        ...{ time: "2026-01-02T03:04:05Z", tenant: "a=b", n: "" },
      },
    ]);
    expect(compose({ type: "t", time: "PT1H" }).events).toMatchObject([{ time: "2026-05-04T06:31:09.000Z" }]);
  });

  it.each<[Asked, object]>([
    [{ data: ' {"n": 1} ' }, { data: { n: 1 }, datacontenttype: "application/json" }],
    [{ data: "hello" }, { data: "hello", datacontenttype: "text/plain" }],
    [{ data: '"hello"' }, { data: "hello", datacontenttype: "application/json" }],
    [
      { data: "{}", contentType: "text/plain" },
      { data: "{}", datacontenttype: "text/plain" },
    ],
    [
      { data: "[1]", contentType: "application/vnd.x+json" },
      { data: [1], datacontenttype: "application/vnd.x+json" },
    ],
    [
      { content: "<a/>\n", contentType: "application/xml" },
      { data: "<a/>\n", datacontenttype: "application/xml" },
    ],
    [{ content: '{"a":1}\n{"b":2}\n' }, { data: '{"a":1}\n{"b":2}\n', datacontenttype: "text/plain" }],
    [{ content: "[{}]" }, { data: [{}], datacontenttype: "application/json" }],
    [{ content: Uint8Array.of(0xff, 0) }, { data_base64: "/wA=", datacontenttype: "application/octet-stream" }],
    // What was given as data is data, whatever it looks like.
    [{ data: JSON.stringify(WHOLE) }, { data: WHOLE }],
  ])("takes the data of %j", (asked, expected) => {
    const { events } = compose({ type: "com.example.order", ...asked });
    expect(events).toMatchObject([{ type: "com.example.order", ...expected }]);
  });

  it("keeps numbers that a double cannot hold", () => {
    const data = '{"n":12345678901234567890}';
    expect(compose({ type: "t", data }).texts?.[0]).toContain(data);
    const whole = `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${data}}`;
    expect(compose({ content: whole, subject: "x" }).texts?.[0]).toContain(`"data":${data}`);
  });

  it("is the catalog's example where only a type of it is given, which a handler can parse", () => {
    const [event] = compose({ type: CREATED }).events ?? [];
    expect(event).toMatchObject({ id: "new-1", type: CREATED, time: NOW, road: "events", action: "AdminCreateUser" });
    expect(event.data).toMatchObject({ userPool: { id: expect.any(String) }, user: { sub: expect.any(String) } });
    const other = compose({ type: CREATED, source: "/mine", subject: "user/mia" }).events?.[0];
    expect(other).toMatchObject({ source: "/mine", subject: "user/mia", data: event.data });
    expect(compose({ type: CREATED, data: '{"mine":true}' }).events).toMatchObject([{ data: { mine: true } }]);
    expect(compose({ type: CREATED, data: "{}" }).events?.[0]).not.toHaveProperty("action");
    for (const type of eventTypes().keys()) {
      const [made] = compose({ type }).events ?? [];
      // As a receiver gets it: the gateway adds when it was recorded.
      expect(parseEvent({ ...made, recordedtime: NOW }).type).toBe(type);
    }
  });
});

describe("whole events of a file", () => {
  it("takes one, an array, or one a line, as they are", () => {
    const second = { ...WHOLE, id: "w2" };
    expect(compose({ content: JSON.stringify(WHOLE, null, 2) }).events).toEqual([WHOLE]);
    expect(compose({ content: JSON.stringify([WHOLE, second]) }).events).toEqual([WHOLE, second]);
    const lines = `${JSON.stringify(WHOLE)}\n\n${JSON.stringify(second)}\r\n`;
    expect(compose({ content: lines }).events).toEqual([WHOLE, second]);
  });

  it("lets options go before what an event says, and gives an id where it has none", () => {
    const { id: _, ...anonymous } = WHOLE;
    expect(compose({ content: JSON.stringify(anonymous), type: "t2", ext: ["tenant=a"] }).events).toEqual([
      { ...WHOLE, id: "new-1", type: "t2", tenant: "a" },
    ]);
    expect(compose({ content: JSON.stringify([anonymous, anonymous]), source: "/x" }).events).toMatchObject([
      { id: "new-1", source: "/x" },
      { id: "new-2", source: "/x" },
    ]);
  });
});

describe("what cannot be sent", () => {
  const line = JSON.stringify(WHOLE);
  it.each<[Asked, readonly RegExp[]]>([
    [{}, [/--type/]],
    [{ data: "{}" }, [/--type/]],
    [{ content: "[{}]" }, [/--type/]],
    [{ type: "a", eventType: "b" }, [/--eventType/]],
    [{ type: "" }, [/^--type/]],
    [{ eventType: "" }, [/^--eventType/]],
    [{ type: "t", data: "a", file: "b" }, [/data once/]],
    [{ type: "t", data: "x", contentType: "application/json" }, [/no JSON/]],
    [{ type: "t", content: Uint8Array.of(0xff), contentType: "application/json" }, [/no JSON/]],
    [
      { type: "t", time: "noon", id: "a\nb", ext: ["A=1", "id=2", "x", "=y"] },
      [/--id/, /--time/, ...Array(4).fill(/--ext/)],
    ],
    [{ content: `${line}\n{"specversion":"1.0"}\nnonsense` }, [/event 2: missing_attribute/, /event 3: invalid_json/]],
    [{ content: `[${line},{}]` }, [/event 2: missing_attribute/]],
    [{ content: line.replace("1.0", "0.3") }, [/: unsupported_specversion/]],
    [{ content: `${line}\n${line}`, id: "7" }, [/--id: .* 2 events/]],
    [{ type: "t", ext: Array.from({ length: 40 }, (_, at) => `x${at}=1`) }, [/too_many_attributes/]],
  ])("%j is told", (asked, faults) => {
    const told = compose(asked).faults ?? [];
    expect(told).toHaveLength(faults.length);
    for (const [at, fault] of faults.entries()) expect(told[at]).toMatch(fault);
  });
});
