import { describe, expect, it } from "vitest";
import { type RawOptions, readSettings } from "../../src/cli/simulate/settings.ts";

const DEFAULTS: RawOptions = { url: "http://127.0.0.1:8080", users: "5", rate: "20" };

function read(changes: Partial<RawOptions>) {
  return readSettings({ ...DEFAULTS, ...changes }, () => 42);
}

describe("readSettings", () => {
  it("takes the defaults, with a seed of its own", () => {
    expect(read({})).toEqual({
      ok: true,
      value: { url: "http://127.0.0.1:8080", apiKey: undefined, users: 5, seed: 42, rate: 20, json: false },
    });
  });

  it.each<[Partial<RawOptions>, object]>([
    [{ url: "https://gateway.example.com/" }, { url: "https://gateway.example.com" }],
    [{ url: "http://[::1]:8080/cognito//" }, { url: "http://[::1]:8080/cognito" }],
    [{ apiKey: "" }, { apiKey: undefined }],
    [{ seed: "0" }, { seed: 0 }],
    [{ rate: "0" }, { rate: 0 }],
    [{ rate: "0.5" }, { rate: 0.5 }],
  ])("takes %j", (changes, expected) => {
    expect(read(changes)).toMatchObject({ ok: true, value: expected });
  });

  it.each<[Partial<RawOptions>, RegExp]>([
    [{ url: "127.0.0.1:8080" }, /--url/],
    [{ url: "ftp://127.0.0.1" }, /--url/],
    [{ url: "http://127.0.0.1/?a=b" }, /--url/],
    [{ apiKey: "two\nlines" }, /--api-key/],
    [{ users: "0" }, /--users/],
    [{ users: "10001" }, /--users/],
    [{ users: "5.5" }, /--users/],
    [{ seed: "-1" }, /--seed/],
    [{ seed: "9007199254740993" }, /--seed/],
    [{ rate: "fast" }, /--rate/],
    [{ rate: "0.0001" }, /--rate/],
    [{ rate: "Infinity" }, /--rate/],
  ])("refuses %j", (changes, fault) => {
    const settings = read(changes);
    expect(settings).toEqual({ ok: false, error: [expect.stringMatching(fault)] });
  });

  it("names all faults at once, and repeats no password", () => {
    const settings = read({ url: "http://me:hunter2@127.0.0.1", apiKey: "hunter3\u0000", users: "x", rate: "x" });
    if (settings.ok) expect.fail("taken");
    expect(settings.error).toHaveLength(4);
    expect(settings.error.join()).not.toMatch(/hunter/);
  });
});
