/** Members of several actions that make the same type of event, as one. */
import type { Member, Members } from "./members.ts";

/** Throws where one name stands for two kinds: then a consumer could not type it, and the catalog is wrong. */
export function mergeMembers(one: Members, other: Members): Members {
  const merged: Record<string, Member> = { ...one };
  for (const [name, member] of Object.entries(other)) {
    const known = merged[name];
    merged[name] = known === undefined ? member : mergeMember(name, known, member);
  }
  return merged;
}

function mergeMember(name: string, one: Member, other: Member): Member {
  if (one === other) return one;
  if (typeof one === "object" && typeof other === "object") {
    if ("object" in one && "object" in other) return { object: mergeMembers(one.object, other.object) };
    if ("list" in one && "list" in other) return { list: mergeMembers(one.list, other.list) };
  }
  throw new TypeError(`two kinds of member are called ${name}`);
}
