import { describe, expect, it } from "vitest";
import { connectionFailure, RedisFailure, replyFailure } from "../../src/redis/failure.ts";

describe("an error reply", () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", "full", "OOM"],
    ["READONLY You can't write against a read only replica.", "unavailable", "READONLY"],
    ["LOADING Redis is loading the dataset in memory", "unavailable", "LOADING"],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "unavailable", "MASTERDOWN"],
    ["CLUSTERDOWN Hash slot not served", "unavailable", "CLUSTERDOWN"],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "unavailable", "TRYAGAIN"],
    ["NOREPLICAS Not enough good replicas to write.", "unavailable", "NOREPLICAS"],
    ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to", "unavailable", "MISCONF"],
    ["BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "unavailable", "BUSY"],
    ["NOAUTH Authentication required.", "denied", "NOAUTH"],
    ["WRONGPASS invalid username-password pair or user is disabled.", "denied", "WRONGPASS"],
    ["NOPERM this user has no permissions to run the 'xadd' command", "denied", "NOPERM"],
    ["NOGROUP No such key 'events' or consumer group 'g' in XREADGROUP with GROUP option", "rejected", "NOGROUP"],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "rejected", "WRONGTYPE"],
    ["CROSSSLOT Keys in request don't hash to the same slot", "rejected", "CROSSSLOT"],
    ["ERR syntax error", "rejected", "ERR"],
    ["something that begins with no word in capitals", "rejected", "ERR"],
    // What a call in a script answered, as Redis 7 and as Redis 6 tell it.
    ["OOM command not allowed when used memory > 'maxmemory'. script: 1b3f, on @user_script:1.", "full", "OOM"],
    ["ERR Error running script (call to f_1b3f): @user_script:1: @user_script: 1: -OOM command not", "full", "OOM"],
    ["@user_script: 1: -OOM command not allowed when used memory > 'maxmemory'.", "full", "OOM"],
    ["ERR Error running script (call to f_1b3f): @user_script:1: WRONGTYPE Operation against", "rejected", "WRONGTYPE"],
    [
      "ERR Error running script (call to f_1b3f): @user_script: 12: READONLY You can't write",
      "unavailable",
      "READONLY",
    ],
    ["ERR Error running script (call to f_1b3f): @user_script:3: Script attempted to", "rejected", "ERR"],
    ["Error running script: @user_script:3: WRONGTYPE Operation against", "rejected", "WRONGTYPE"],
    ["ERR Error running script: <user_script>:3: OOM command not", "full", "OOM"],
    // A service's own limits.
    ["ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.", "unavailable", "ERR"],
    ["ERR max requests limit exceeded.", "unavailable", "ERR"],
    ["ERR max concurrent connections exceeded", "unavailable", "ERR"],
    ["ERR DB capacity quota exceeded", "full", "ERR"],
    ["ERR max single record size exceeded", "full", "ERR"],
    ["ERR Error running script: @user_script:3: ERR DB capacity quota exceeded", "full", "ERR"],
    ["ERR max request size exceeded", "rejected", "ERR"],
  ])("%s", (text, code, reply) => {
    expect(replyFailure(text)).toMatchObject({ code, reply, redirect: undefined });
  });

  it("names no argument of an unknown command", () => {
    for (const text of [
      "ERR unknown command 'XADDD', with args beginning with: 'secret' 'other' ",
      "ERR unknown command `XADDD`, with args beginning with: `secret`, `other`, ",
    ]) {
      expect(replyFailure(text).message).toMatch(/^ERR unknown command .XADDD.$/);
    }
  });

  it.each([
    ["MOVED 3999 127.0.0.1:6381", { kind: "MOVED", host: "127.0.0.1", port: 6381 }],
    ["ASK 3999 127.0.0.1:6381", { kind: "ASK", host: "127.0.0.1", port: 6381 }],
    ["MOVED 1 fd00::1:6381", { kind: "MOVED", host: "fd00::1", port: 6381 }],
    ["MOVED 1 redis-2.example.com:6379", { kind: "MOVED", host: "redis-2.example.com", port: 6379 }],
    ["MOVED 1 :6381", { kind: "MOVED", host: "", port: 6381 }],
    ["MOVED 1 ?:6381", { kind: "MOVED", host: "", port: 6381 }],
  ])("%s tells where to go", (text, redirect) => {
    expect(replyFailure(text)).toMatchObject({ code: "unavailable", redirect });
  });
});

describe("a lost connection", () => {
  it("is unavailable, with the system's words", () => {
    const error = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    expect(connectionFailure(error)).toMatchObject({ code: "unavailable", reply: "", message: error.message });
    // What all addresses of a name refused has no message of its own.
    const none = Object.assign(new AggregateError([error]), { code: "ECONNREFUSED" });
    expect(connectionFailure(none).message).toBe("ECONNREFUSED");
  });

  it("stays what it is where it is one already", () => {
    const failure = new RedisFailure("full", "OOM", { reply: "OOM" });
    expect(connectionFailure(failure)).toBe(failure);
  });
});
