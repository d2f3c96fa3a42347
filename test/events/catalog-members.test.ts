/** What the catalog declares of requests and responses, held against the SDK's model of the API. */
import { describe, expect, it } from "vitest";
import { type ApiActionRow, ATTRIBUTE_NAMES } from "../../src/events/catalog/api-action-row.ts";
import { API_ACTIONS } from "../../src/events/catalog/api-actions.ts";
import type { Member, Members } from "../../src/events/members.ts";
import { type ModelNode, modelOf } from "./sdk-model.ts";

/** Members that the model does not have under this name. */
const MADE_BY_US: Readonly<Record<string, string>> = {
  "AdminUpdateUserAttributes.request.attributeNames": "the names in userAttributes",
  "UpdateUserAttributes.request.attributeNames": "the names in userAttributes",
};

/** Members of the model that are not declared, by name or by path; sensitive ones need no reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  userPoolId: "in data.userPool",
  resourceArn: "in data.userPool",
  "CreateUserPool.response.userPool.id": "in data.userPool",
  "CreateUserPool.response.userPool.arn": "in data.userPool",
  groupName: "in data.group",
  userAttributes: "in data.user",
  userSub: "in data.user",
  "AdminCreateUser.response.user": "in data.user",

  code: "secret, though the model does not say so",
  confirmationCode: "secret, though the model does not say so",
  challengeParameters: "may hold what an answer is computed from",
  deviceSecretVerifierConfig: "what a device proves itself by",
  credential: "what a passkey proves itself by",
  credentialCreationOptions: "what a passkey proves itself by",
  preSignedUrl: "whoever has it may upload users",
  externalId: "keeps others from using the role",
  validationData: "the app's own, may hold anything",
  clientMetadata: "the app's own, may hold anything",
  contextData: "about a person's device",
  analyticsMetadata: "about a person's device",
  deviceGroupKey: "says nothing beside the device's key",

  emailMessage: "the body of a mail, too long for an event",
  emailMessageByLink: "the body of a mail, too long for an event",
  emailVerificationMessage: "the body of a mail, too long for an event",
  message: "the body of a mail, too long for an event",
  htmlBody: "the body of a mail, too long for an event",
  textBody: "the body of a mail, too long for an event",
  cSS: "a style sheet, too long for an event",
  imageFile: "a file",
  bytes: "a file",
  settings: "a document without a shape",
  acrConfiguration: "a map of structures, for which members have no kind",
};

const rows: readonly (readonly [string, ApiActionRow])[] = Object.entries(API_ACTIONS);

interface Findings {
  readonly wrong: string[];
  readonly sensitive: string[];
  readonly forgotten: string[];
  readonly used: Set<string>;
}

function compare(declared: Members, model: ModelNode, path: string, findings: Findings): void {
  for (const [name, member] of Object.entries(declared)) {
    const at = `${path}.${name}`;
    const node = model.kind === "map" ? model.item : model.members.get(name);
    if (Object.hasOwn(MADE_BY_US, at)) findings.used.add(at);
    else if (node === undefined) findings.wrong.push(`${at}: not in the model`);
    else check(member, node, at, findings);
  }
  for (const [name, node] of model.members) {
    if (Object.hasOwn(declared, name) || node.sensitive) continue;
    const reason = [name, `${path}.${name}`].find((key) => Object.hasOwn(LEFT_OUT, key));
    if (reason === undefined) findings.forgotten.push(`${path}.${name}`);
    else findings.used.add(reason);
  }
}

function check(member: Member, node: ModelNode, at: string, findings: Findings): void {
  if (node.sensitive || node.item?.sensitive === true) findings.sensitive.push(at);
  if (!fits(member, node)) findings.wrong.push(`${at}: ${node.kind} in the model`);
  if (typeof member === "string") return;
  if ("object" in member) compare(member.object, node, at, findings);
  else if (node.item !== undefined) compare(member.list, node.item, at, findings);
}

function fits(member: Member, node: ModelNode): boolean {
  switch (member) {
    case "username":
    case "contact":
      return node.kind === "text";
    case "text":
    case "boolean":
    case "time":
      return node.kind === member;
    case "integer":
    case "number":
      return node.kind === "number";
    case "texts":
      return node.kind === "list" && node.item?.kind === "text";
    case "textMap":
      return node.kind === "map" && node.item?.kind === "text";
    default:
      if ("list" in member) return node.kind === "list" && node.item?.kind === "structure";
      // Of a map of texts some keys may be named.
      return node.kind === "structure" || (node.kind === "map" && node.item?.kind === "text");
  }
}

function findingsOf(list: typeof rows): Findings {
  const findings: Findings = { wrong: [], sensitive: [], forgotten: [], used: new Set() };
  for (const [action, { request, response }] of list) {
    const { input, output } = modelOf(action);
    compare(request ?? {}, input, `${action}.request`, findings);
    compare(response ?? {}, output, `${action}.response`, findings);
  }
  return findings;
}

describe("the members that the catalog declares", () => {
  const findings = findingsOf(rows);

  it("are in the SDK's model under that name and of that kind", () => {
    expect(findings.wrong).toEqual([]);
  });

  it("are none that AWS calls sensitive", () => {
    expect(findings.sensitive).toEqual([]);
  });

  it("are all of the model, but for those left out for a reason", () => {
    expect(findings.forgotten).toEqual([]);
  });

  it("have no reasons on record that nothing needs", () => {
    const reasons = [...Object.keys(MADE_BY_US), ...Object.keys(LEFT_OUT)];
    expect(reasons.filter((key) => !findings.used.has(key))).toEqual([]);
  });
});

describe("the comparison", () => {
  it("sees a secret, a wrong kind, a wrong name and a member that was forgotten", () => {
    const facts = ["user", "signed_up", "sign_up_failed"] as const;
    const request = { password: "text", userAttributes: { list: { value: "text" } }, nothing: "text" } as const;
    const { wrong, sensitive, forgotten } = findingsOf([
      ["SignUp", { facts, request, response: { userConfirmed: "text" } }],
    ]);
    expect(sensitive).toEqual(["SignUp.request.password", "SignUp.request.userAttributes.value"]);
    expect(wrong).toEqual([
      "SignUp.request.nothing: not in the model",
      "SignUp.response.userConfirmed: boolean in the model",
    ]);
    expect(forgotten).toContain("SignUp.request.userAttributes.name");
  });

  it("knows that the names of attributes are no secret", () => {
    for (const action of ["AdminUpdateUserAttributes", "UpdateUserAttributes"] as const) {
      expect(API_ACTIONS[action].request).toBe(ATTRIBUTE_NAMES);
      const attributes = modelOf(action).input.members.get("userAttributes");
      expect(attributes).toMatchObject({ kind: "list", sensitive: false });
      expect(attributes?.item?.members.get("name")).toMatchObject({ kind: "text", sensitive: false });
    }
  });
});
