/** The least IAM policies that a configuration needs: one for each principal that poolcast speaks to AWS as. */
import { type AwsAction, type AwsNeed, type AwsPrincipal, principalText } from "./aws-needs.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface IamPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly IamStatement[];
}

export interface IamStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: { readonly StringEquals: { readonly "aws:RequestedRegion": string | readonly string[] } };
}

export interface PrincipalPolicy {
  readonly principal: AwsPrincipal;
  /** The settings that need it. */
  readonly usedBy: readonly string[];
  readonly policy: IamPolicy;
}

export function iamPolicies(needs: readonly AwsNeed[]): readonly PrincipalPolicy[] {
  const groups = Map.groupBy(needs, ({ principal }) => JSON.stringify(principal));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const usedBy = [...new Set(group.map(({ setting }) => setting))];
    return [{ principal: first.principal, usedBy, policy: policyOf(group) }];
  });
}

export function policyOf(needs: readonly AwsNeed[]): IamPolicy {
  const of = (...actions: readonly AwsAction[]) => needs.filter(({ action }) => actions.includes(action));
  return {
    Version: "2012-10-17",
    Statement: [
      ...statement("AssumeRoles", of("sts:AssumeRole")),
      ...lookupStatement(of("cloudtrail:LookupEvents")),
      ...poolStatements(of("cognito-idp:ListUsers", "cognito-idp:ListUserPoolClients")),
      // The notices of a bucket that keeps versions name one, and a version is another right.
      ...statement("ReadLogFiles", of("s3:GetObject"), ["s3:GetObjectVersion"]),
      ...statement("TellMissingLogFiles", of("s3:ListBucket")),
    ],
  };
}

/** AWS knows no resource for it, so the Region is all that can be narrowed. */
function lookupStatement(needs: readonly AwsNeed[]): readonly IamStatement[] {
  const regions = needs.flatMap(({ region }) => (region === undefined ? [] : [region]));
  const condition = { StringEquals: { "aws:RequestedRegion": oneOrMany(regions) } };
  return statement("ReadEventHistory", needs).map((one) => ({ ...one, Condition: condition }));
}

/** Pools that need both in one statement, the others in one of their own. */
function poolStatements(needs: readonly AwsNeed[]): readonly IamStatement[] {
  const actionsOf = Map.groupBy(needs, ({ resource }) => resource);
  const [identified, polled] = [true, false].map((both) =>
    needs.filter(({ resource }) => new Set(actionsOf.get(resource)?.map(({ action }) => action)).size > 1 === both),
  );
  return [...statement("IdentifyUsers", identified ?? []), ...statement("ListUsers", polled ?? [])];
}

function statement(sid: string, needs: readonly AwsNeed[], more: readonly string[] = []): readonly IamStatement[] {
  if (needs.length === 0) return [];
  const Action = oneOrMany([...needs.map(({ action }) => action), ...more]);
  return [{ Sid: sid, Effect: "Allow", Action, Resource: oneOrMany(needs.map(({ resource }) => resource)) }];
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  const [first = "", ...others] = [...new Set(values)].toSorted();
  return others.length === 0 ? first : [first, ...others];
}

/** What a policy of the principal cannot say. */
export function policyNotes(needs: readonly AwsNeed[]): readonly string[] {
  const notes: string[] = [];
  const roles = new Map(needs.filter(({ action }) => action === "sts:AssumeRole").map((need) => [need.resource, need]));
  for (const [role, { principal }] of roles) {
    notes.push(
      `the trust policy of ${role} must name ${principalText(principal)}` +
        (principal.kind === "ambient"
          ? "; where AWS_WEB_IDENTITY_TOKEN_FILE is set it must allow sts:AssumeRoleWithWebIdentity instead, and nobody needs sts:AssumeRole"
          : ""),
    );
  }
  if (needs.some(({ purpose }) => purpose.kind === "bucket")) {
    notes.push(
      "where the log files are encrypted by KMS, allow kms:Decrypt on that key too; poolcast does not know it",
    );
  }
  return notes;
}
