/** A day in a user pool: every user's story and what happens beside them, in the order of the clock. Pure. */
import { TYPE_PREFIX } from "../../mappers/classification.ts";
import type { Act } from "./act.ts";
import { createPasserBy, createUser, type Person } from "./cast.ts";
import { ASIDES, type AsideActor, JOURNEYS } from "./journeys.ts";
import { postsOf, type SimulatedPost } from "./posts.ts";
import { createRandom, type Random } from "./random.ts";
import { recordOf } from "./record.ts";
import type { Step } from "./step.ts";

export interface DayOptions {
  /** A whole number from 0; the same seed tells the same day. */
  readonly seed: number;
  /** At least 1; from 5 on every kind of story is in it. */
  readonly users: number;
  /** When the day begins. It ends within 24 hours. */
  readonly startMs: number;
}

const MINUTE_MS = 60_000;
/** Within these the users arrive, one after another; the longest story takes the rest of the day at most. */
const ARRIVALS_MS = 12 * 60 * MINUTE_MS;

export function simulateDay({ seed, users, startMs }: DayOptions): readonly SimulatedPost[] {
  const random = createRandom(seed);
  const people = Array.from({ length: users }, (_, index) => createUser(index, random));
  const acts = [
    ...people.flatMap((person, index) => {
      const arrivalMs = ((index + 0.5 * random.next()) / users) * ARRIVALS_MS;
      return userActs(person, index, startMs + arrivalMs, random);
    }),
    ...asideActs(people[0], startMs, random),
  ];
  // The sort is stable: what happens within one second stays in the order it was told in.
  return postsOf(
    acts.toSorted((a, b) => a.atMs - b.atMs),
    random,
  );
}

function userActs(person: Person, index: number, arrivalMs: number, random: Random): readonly Act[] {
  const acts: Act[] = [];
  let atMs = arrivalMs;
  for (const [minutes, step, odds = 1] of JOURNEYS[index % JOURNEYS.length] ?? JOURNEYS[0]) {
    if (random.next() >= odds) continue;
    atMs += minutes * MINUTE_MS * (0.5 + random.next()) + random.integer(1000, 5000);
    acts.push(actOf(step, person, atMs, random));
  }
  return acts;
}

function asideActs(firstUser: Person | undefined, startMs: number, random: Random): readonly Act[] {
  const actors: Readonly<Record<AsideActor, Person>> = {
    job: { ...createPasserBy("the invoice job", random), browserAgent: "python-requests/2.32.5" },
    back_office: createPasserBy("the back office", random),
    trainee: createPasserBy("the trainee", random),
    stranger: createPasserBy("a stranger", random),
    first_user: firstUser ?? createUser(0, random),
  };
  return ASIDES.map(([minutes, who, step]) => actOf(step, actors[who], startMs + minutes * MINUTE_MS, random));
}

function actOf(step: Step, person: Person, atMs: number, random: Random): Act {
  return {
    atMs,
    action: step.action,
    note: `${person.name} ${step.note}`,
    type: step.type === null ? undefined : TYPE_PREFIX + step.type,
    quiet: step.quiet === true,
    record: recordOf(step, { person, atMs }, random),
  };
}
