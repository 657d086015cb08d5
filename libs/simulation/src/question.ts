import type { StageReply } from '@gatehouse/contracts';
import type { Step } from '@gatehouse/plan';

/** Who opens the flow. */
export const VISITORS = ['anonymous', 'logged_in', 'superuser', 'outpost'] as const;
export type Visitor = (typeof VISITORS)[number];

/** Result of a policy. `undecided`: the policy could not decide, for example because its service was away. */
export const POLICY_ANSWERS = ['pass', 'fail', 'undecided'] as const;
export type PolicyAnswer = (typeof POLICY_ANSWERS)[number];

/** The step that a question is about. */
export type StepReference = Pick<Step, 'id' | 'name' | 'stage' | 'kind'>;

/** A factor of a login: `first` is a sufficient proof of identity, `further` an additional one. */
export type Factor = 'first' | 'further';

/** Something that a stage may do when it is asked. */
export interface StageOutcome {
  /** Name, unique among the outcomes of the step: `passed`, `without_credential`, `insert NAME`, `denied` and so on. */
  readonly name: string;
  readonly reply: StageReply;
  /** Factors that the user proves with this outcome. */
  readonly proofs: readonly Factor[];
}

/** The policy that a question is about. */
export interface PolicyReference {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** Whether the policy, or one that it calls, may set facts or insert steps, which the walk does not know. */
  readonly mayChangePlan: boolean;
}

interface Asked<T extends string> {
  readonly type: T;
  /** All possible answers. */
  readonly answers: readonly string[];
}

/** A question that the flow version alone cannot answer. */
export type Question =
  /** Who opens the flow (`Visitor`). */
  | Asked<'visitor'>
  /** `yes` or `no`: whether the user of the session was verified recently enough to change credentials. */
  | Asked<'recent_login'>
  /** The result of a policy (`PolicyAnswer`). Without a step, the policy decides whether the flow applies. */
  | (Asked<'policy'> & {
      readonly policy: PolicyReference;
      readonly step: StepReference | undefined;
    })
  /** `yes` or `no`: whether the user is in the group with this id, or is the user with this id. */
  | (Asked<'group' | 'user'> & {
      readonly id: string;
      /** Whether the question is about the user whom a stage has created in this run of the flow. */
      readonly isNewUser: boolean;
    })
  /** What a stage does. The answers are the names of `outcomes`. */
  | (Asked<'stage'> & { readonly step: StepReference; readonly outcomes: readonly StageOutcome[] });

/** A question with the answer that a path assumes. */
export interface Fact {
  readonly question: Question;
  readonly answer: string;
}

/**
 * Answers the questions of a walk. The simulator follows all answers. A replay follows the recorded answers, and all
 * answers where nothing is recorded.
 */
export interface Oracle {
  /**
   * Returns the answers to follow, in this order. They must be among `question.answers`, and at least one. `history`
   * contains the facts of the path so far.
   */
  choose(question: Question, history: readonly Fact[]): readonly string[];
  /**
   * Returns what `choose` needs to know of the history. States of the flow are merged only if this text is the same.
   * Required if `choose` uses `history`, for example to tell the first attempt from the second.
   */
  positionOf?(history: readonly Fact[]): string;
}

/** Follows every answer, except that every policy can decide. */
export const allAnswers: Oracle = {
  choose: ({ type, answers }) => (type === 'policy' ? answers.filter((answer) => answer !== 'undecided') : answers),
};

/** Follows every answer, while no policy can decide. */
export const policiesAway: Oracle = {
  choose: ({ type, answers }) => (type === 'policy' ? ['undecided' satisfies PolicyAnswer] : answers),
};
