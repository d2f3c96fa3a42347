/** TypeScript types of members that several actions declare; merge-members.ts is the same for values. */
import type { InferMembers } from "./members.ts";

type NameIn<Union> = Union extends unknown ? keyof Union : never;

type MemberIn<Union, Name extends PropertyKey> = Union extends { readonly [N in Name]: infer M } ? M : never;

type InferOne<M> = [M] extends [{ readonly object: infer O }]
  ? InferMerged<O>
  : [M] extends [{ readonly list: infer L }]
    ? readonly InferMerged<L>[]
    : InferMembers<{ readonly one: M }>["one"];

/** Of a union of declared members: every name of any of them, so that a consumer may ask without knowing the action. */
export type InferMerged<Union> = { readonly [N in NameIn<Union>]?: Exclude<InferOne<MemberIn<Union, N>>, undefined> };
