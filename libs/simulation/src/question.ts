import type { StageReply } from '@gatehouse/contracts';
import type { Step } from '@gatehouse/plan';

/** The kinds of visitors who may open a flow. A simulation follows the paths of each of them. */
export const VISITORS = ['anonymous', 'logged_in', 'superuser', 'outpost'] as const;
export type Visitor = (typeof VISITORS)[number];

/** Results of a policy. `undecided` means that the policy threw or took too long. */
export const POLICY_ANSWERS = ['pass', 'fail', 'undecided'] as const;
export type PolicyAnswer = (typeof POLICY_ANSWERS)[number];

/** The properties by which questions and reports name a step. */
export type StepReference = Pick<Step, 'id' | 'name' | 'stage' | 'kind'>;

/** A factor of a login: `first` is enough to prove who the user is, `further` is a second factor. */
export type Factor = 'first' | 'further';

/** A way in which a stage may reply, with the factors that the user has then proved. */
export interface StageOutcome {
  /**
   * Name of the outcome, unique within its step: `passed`, `without_credential`, `insert NAME`, `rejected`, `left` or
   * `denied`.
   */
  readonly name: string;
  readonly reply: StageReply;
  /** Factors that the user has proved if the stage replies so. */
  readonly proofs: readonly Factor[];
}

/** The properties by which questions and reports name a policy. */
export interface PolicyReference {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /**
   * Whether the policy, or one that it calls, may set facts or insert steps. The simulation does not know these
   * changes.
   */
  readonly mayChangePlan: boolean;
}

interface Asked<T extends string> {
  readonly type: T;
  /** All answers that the question can have, as short texts such as `yes` and `no`. */
  readonly answers: readonly string[];
}

/** A question whose answer decides how a path continues, and does not follow from the flow version. */
export type Question =
  /** Who opens the flow (`Visitor`). */
  | Asked<'visitor'>
  /** `yes` or `no`: whether the user of the session was verified recently enough to change credentials. */
  | Asked<'recent_login'>
  /** What is the result of a policy (`PolicyAnswer`)? `step` is undefined for the policies of the flow itself. */
  | (Asked<'policy'> & {
      readonly policy: PolicyReference;
      readonly step: StepReference | undefined;
    })
  /** Is the user in the group with this id, or the user with this id? `yes` or `no`. */
  | (Asked<'group' | 'user'> & {
      readonly id: string;
      /** Whether the question is about a user whom a stage has created in this run, not about the user who logs in. */
      readonly isNewUser: boolean;
    })
  /** What does the stage reply? The answers are the names of `outcomes`. */
  | (Asked<'stage'> & { readonly step: StepReference; readonly outcomes: readonly StageOutcome[] });

/** A question, and the answer that a path assumes for it. */
export interface Fact {
  readonly question: Question;
  readonly answer: string;
}

/**
 * Chooses which answers a walk follows. A simulation follows all answers. A replay follows the recorded answer, or all
 * answers if none is recorded.
 */
export interface Oracle {
  /**
   * Returns the answers to follow, in this order: at least one of `question.answers`. `history` contains the facts of
   * the path so far.
   */
  choose(question: Question, history: readonly Fact[]): readonly string[];
  /**
   * Returns a text for everything in `history` that `choose` uses. States are merged only if this text is equal.
   * Required if `choose` uses `history`, for example to distinguish the first attempt from the second.
   */
  positionOf?(history: readonly Fact[]): string;
}

/** Follows all answers, except that no policy is `undecided`. */
export const allAnswers: Oracle = {
  choose: ({ type, answers }) => (type === 'policy' ? answers.filter((answer) => answer !== 'undecided') : answers),
};

/** Follows all answers, except that every policy is `undecided`, as while the policy service is down. */
export const policiesAway: Oracle = {
  choose: ({ type, answers }) => (type === 'policy' ? ['undecided' satisfies PolicyAnswer] : answers),
};
