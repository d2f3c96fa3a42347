/** What the compiler knows of events: judged by tsc; when the tests run there is little left to see. */
import { describe, expectTypeOf, it } from "vitest";
import type { EventData } from "../../src/events/event-data.ts";
import type {
  AuthType,
  CognitoEvent,
  CognitoEventOf,
  EventType,
  KnownEventType,
  Outcome,
  parseEvent,
  RoadName,
} from "../../src/events/index.ts";
import { isEvent, schemaOf } from "../../src/events/index.ts";
import type { COMMON_DATA } from "../../src/events/schema-data.ts";
import type { AuthContext } from "../../src/mappers/extract/auth-context.ts";
import type { Road } from "../../src/mappers/mapping.ts";

type Prefixed<Name extends string> = `com.amazon.cognito-idp.${Name}`;

/** Identity: `toEqualTypeOf` walks through all members of all events, which takes the compiler many seconds. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

function assertSame<One, Other>(_same: Same<One, Other>): void {}

describe("CognitoEvent", () => {
  it("has data narrowed by a switch over the type", () => {
    function read(event: CognitoEvent): unknown {
      switch (event.type) {
        case "com.amazon.cognito-idp.user.created":
          expectTypeOf(event.data.request?.messageAction).toEqualTypeOf<string | undefined>();
          expectTypeOf(event.data.request?.desiredDeliveryMediums).toEqualTypeOf<readonly string[] | undefined>();
          // @ts-expect-error: a group's member, not a user's
          return event.data.request?.precedence;
        case "com.amazon.cognito-idp.user.signed_up":
          // From the API and from the hosted pages.
          expectTypeOf(event.data.response?.userConfirmed).toEqualTypeOf<boolean | undefined>();
          expectTypeOf(event.data.response?.status).toEqualTypeOf<number | undefined>();
          return event.data.request?.redirectUri;
        case "com.amazon.cognito-idp.session.started":
          expectTypeOf(event.data.response?.authenticationResult?.expiresIn).toEqualTypeOf<number | undefined>();
          return event.data.request?.authFlow;
        case "com.amazon.cognito-idp.session.start_failed":
          // @ts-expect-error: what failed has no response
          return event.data.response?.authenticationResult;
        case "com.amazon.cognito-idp.lambda_trigger.post_authentication_authentication":
          return event.data.request?.newDeviceUsed;
        case "com.amazon.cognito-idp.hosted_ui.login_submitted":
          expectTypeOf(event.data.request?.scopes).toEqualTypeOf<readonly string[] | undefined>();
          return event.data.response?.status;
        case "com.amazon.cognito-idp.activity.sign_in_failed":
          return event.data.response?.riskLevel;
        case "com.amazon.cognito-idp.sync_trigger":
          expectTypeOf(event.data.Username).toEqualTypeOf<string | null | undefined>();
          return event.data.Attributes?.[0]?.Name;
        case "dev.poolcast.gap_detected":
          expectTypeOf(event.data.from).toEqualTypeOf<string | undefined>();
          return event.data.userPoolArn;
        // @ts-expect-error: no such type
        case "com.amazon.cognito-idp.user.flew":
          return undefined;
        default:
          return undefined;
      }
    }
    expectTypeOf(read).returns.toBeUnknown();
  });

  it("can be read before its type is known", () => {
    function read(event: CognitoEvent) {
      return [event.data.user?.sub, event.outcome, event.data.error?.code, event.userpoolid] as const;
    }
    expectTypeOf(read).returns.toEqualTypeOf<
      readonly [string | undefined, Outcome | undefined, string | undefined, string | undefined]
    >();
  });

  it("is narrowed by the beginning of a type as well", () => {
    expectTypeOf<CognitoEventOf<Prefixed<"action.launch_rockets">>["type"]>().toEqualTypeOf<
      Prefixed<"action.launch_rockets">
    >();
    expectTypeOf<Prefixed<"read.list_rockets">>().toExtend<EventType>();
    expectTypeOf<Prefixed<"user.flew">>().not.toExtend<EventType>();
  });

  it("has the data that the mappers make", () => {
    expectTypeOf<CognitoEventOf<Prefixed<"user.created">>["data"]>().toExtend<EventData>();
  });

  it("has the attributes that the mappers make", () => {
    expectTypeOf<RoadName>().toEqualTypeOf<Road>();
    expectTypeOf<AuthType>().toEqualTypeOf<AuthContext["authtype"]>();
  });

  it("names no member of common data that the schemas lack, and none less", () => {
    expectTypeOf<keyof typeof COMMON_DATA | "request" | "response">().toEqualTypeOf<keyof EventData>();
  });

  it("knows exactly one event for each known type", () => {
    expectTypeOf<CognitoEventOf<KnownEventType>["type"]>().toEqualTypeOf<KnownEventType>();
    expectTypeOf<Extract<CognitoEvent, { readonly type: Prefixed<"user.deleted"> }>>().toEqualTypeOf<
      CognitoEventOf<Prefixed<"user.deleted">>
    >();
  });
});

describe("the functions of the entry", () => {
  it("give typed events", () => {
    assertSame<ReturnType<typeof parseEvent>, CognitoEvent>(true);
    function guard(value: unknown): void {
      if (isEvent(value, "com.amazon.cognito-idp.group.created")) {
        expectTypeOf(value).toEqualTypeOf<CognitoEventOf<Prefixed<"group.created">>>();
        expectTypeOf(value.data.request?.precedence).toEqualTypeOf<number | undefined>();
      }
      if (isEvent(value)) assertSame<typeof value, CognitoEvent>(true);
      // @ts-expect-error: no such type
      isEvent(value, "com.amazon.cognito-idp.user.flew");
    }
    expectTypeOf(guard).toBeFunction();
    const schema = schemaOf("com.amazon.cognito-idp.group.created");
    expectTypeOf(schema.parse).returns.toEqualTypeOf<CognitoEventOf<Prefixed<"group.created">>>();
  });
});
