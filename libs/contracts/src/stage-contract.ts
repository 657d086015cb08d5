import type { z } from 'zod';
import type { EffectType } from './effect.js';
import { char, optionalNullable } from './fields.js';
import type { Catalogue, Errors } from './message.js';
import type { ContextKey, PlanContext, SavedUser } from './plan-context.js';
import type { ReferenceKind } from './reference.js';

/**
 * Which credential an answer spends, so that the gateway can count before it is judged (docs/spec/attempts.md#rules).
 */
export interface AttemptRule {
  /** The field whose presence makes the answer a guess. */
  readonly when: string;
  /** What is spent; a rule that picks fills `{member}` in from what was picked. */
  readonly credential: string;
  /** Where the visitor chooses between several; a guess without a choice spends all that it was offered. */
  readonly pick?: AttemptChoice;
  /** Wrong answers in a row before delays begin. */
  readonly free: number;
  /** Wrong answers in a row that disable the credential until it is unlocked. */
  readonly hard: number;
  /** What is said when the attempt is refused: the same as for a wrong answer. */
  readonly refuse: { readonly field: string; readonly code: string };
}

/** A choice among what the shown challenge offers, such as one of several devices. */
export interface AttemptChoice {
  /** The field of the answer that holds the choice. */
  readonly field: string;
  /** The field of the challenge that lists what can be chosen. */
  readonly among: string;
  /** Only offers whose `member` is one of `values` are spent: an answer of this sort fits no others. */
  readonly where: { readonly member: string; readonly values: readonly string[] };
}

/** A step inside another: the config field that names the stage, the answer's field it judges, the host's error for any refusal. */
export interface EmbeddedStageRule {
  readonly field: string;
  /** What the inner step calls that field; the same unless told otherwise. */
  readonly as?: string;
  readonly error: string;
  /**
   * The field of the host's challenge that takes the inner step's own; without it that step is not asked for one. One that
   * asks is judged before its host, so that nobody learns anything from the host who has not answered it.
   */
  readonly asks?: string;
}

/** What somebody has shown of themselves who has passed a stage. */
export interface StageProof {
  /** Whether it is enough on its own, or one more beside another. */
  readonly factor: 'first' | 'further';
  /** What becomes of those who have nothing to show it with. */
  readonly if_missing: 'refused' | 'set_up' | 'let_in';
}

/** Input for deciding whether a step changes credentials. */
export interface CredentialChange {
  readonly config: Readonly<Record<string, unknown>>;
  readonly context: PlanContext;
  /** The user that the step is about: the pending user, otherwise the session's. Undefined unless the user is saved. */
  readonly user: SavedUser | undefined;
}

/** How a stage is added to a plan that lacks a proof of its user. */
export interface ProofStep {
  /** Lower values are asked first. */
  readonly order: number;
  readonly config: Readonly<Record<string, unknown>>;
}
/**
 * How a stage names the user that a plan is about. `by_name`: the visitor typed a name, which proves nothing. `by_proof`: a
 * credential told who they are. `by_writing`: the stage created the user.
 */
export const IDENTIFICATION_METHODS = ['by_name', 'by_proof', 'by_writing'] as const;
export type IdentificationMethod = (typeof IDENTIFICATION_METHODS)[number];

/** Objects that blueprints describe beside a stage, for its config to name: the fields of a form, say. */
export interface RelatedModel {
  /** What references call it. */
  readonly kind: ReferenceKind;
  /** The blueprint model, lower case. */
  readonly model: string;
  /** The fields that together name one of them; `name` unless told otherwise. */
  readonly key?: readonly string[];
  readonly config: z.ZodObject;
  readonly validate?: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Fields that hold Python when another field, which is named, says so. */
  readonly python?: Readonly<Record<string, string>>;
}

/** What a stage promises the rest of the house. Everything about a stage that anybody else may know stands here. */
export interface StageContract {
  /** One NATS token, never changed: `^[a-z][a-z0-9_]{1,47}$`. */
  readonly kind: string;
  /** The wire's name of the challenge; undefined for a stage that never asks. */
  readonly component: string | undefined;
  /** The blueprint model, lower case; undefined for a stage that no blueprint binds, only others add to a plan. */
  readonly model: string | undefined;
  /** The service that serves it in the house's own deployment. */
  readonly service: string;
  readonly config: z.ZodObject;
  /** What the admin API has against a config whose fields are right one by one (fields it has no schema for are as given). */
  readonly validate: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Its meta data, and those of `response`, name and describe it in the published schema. */
  readonly challenge: z.ZodObject;
  readonly response: z.ZodObject;
  readonly state: z.ZodObject;
  /** Facts it is given; `required` ones are there, or the visitor is denied without a hop. */
  readonly reads: Readonly<Partial<Record<ContextKey, 'required' | 'optional'>>>;
  /** It is given all facts, those that only policies know too: it asks policies itself. */
  readonly reads_all: boolean;
  readonly writes: readonly ContextKey[];
  /** It writes users, so what it says of the pending one is so; of any other stage's word only how somebody was proved counts. */
  readonly changes_user: boolean;
  /** How it makes another user the pending one; undefined: it never does. */
  readonly identifies: IdentificationMethod | undefined;
  readonly errors: Catalogue;
  readonly effects: readonly EffectType[];
  /** Kinds of steps it may add to the plan. */
  readonly inserts: readonly string[];
  /** What its config may name that is neither stage nor flow. */
  readonly related_models: readonly RelatedModel[];
  /** Config field to what the stage named there judges. */
  readonly embeds: Readonly<Record<string, EmbeddedStageRule>>;
  /** Kinds of the same service all of whose stages it hears of, secrets included: what it acts on was made by one of them. */
  readonly companions: readonly string[];
  readonly attempts: readonly AttemptRule[];
  /** Credentials that it makes anew: of one that it has `verified` what was guessed before is forgotten. */
  readonly renews: readonly string[];
  /** Credentials that it may call `verified` though no guesses at them are counted, beside those of `attempts` and `renews`. */
  readonly verifies: readonly string[];
  /** Secret fields of the answer whose name means something else in an address, so that one with it is not refused. */
  readonly addressable: readonly string[];
  /** Components that its challenge may be of instead of its own. */
  readonly shows_as: readonly string[];
  /** The source that its visitor has to come back from; only the gateway can say that they have, in `is_restored`. */
  readonly awaited_source: (config: Readonly<Record<string, unknown>>) => unknown;
  /** Cookies of the request that it may see. */
  readonly cookies: readonly string[];
  /** Fields of the challenge that are sentences of the house, and what they may say; a visitor reads it in their language. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** The challenge names the pending user. */
  readonly user_info: boolean;
  /** What passing it proves, by its config; undefined when that is nothing. */
  readonly proves: (config: Readonly<Record<string, unknown>>) => StageProof | undefined;
  /**
   * Whether the step sets up, changes or removes what its user logs in with. The gateway asks such a step only after a recent
   * proof of that user, and never on the word of an API token (docs/adr/0037). It permits Postgres to let the stage's service do
   * so for a superuser (docs/adr/0035). Undefined for a stage that never does.
   */
  readonly changes_credentials?: ((change: CredentialChange) => boolean) | undefined;
  /**
   * Passing the step grants access that outlives an API token, so the gateway never asks it on the word of one, whatever the
   * plan has proved (docs/adr/0037).
   */
  readonly requires_session: boolean;
  /** Set for a stage that the gateway adds before a step that changes credentials, if the proof is missing. */
  readonly proof_step?: ProofStep | undefined;
  /** Nobody gets past it. */
  readonly ends: boolean;
  /** Passing has consequences, so a mailed link's GET does not enter it. */
  readonly acts: boolean;
  /**
   * Entering it changes something before its visitor has been shown anything. A run that a navigation from another site
   * began asks its visitor before it enters such a step. The same as `acts` unless told otherwise.
   */
  readonly acts_on_entry: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * The fields of an answer that only a person fills in. The script of a page may send an answer without them by itself, so
   * such an answer does not show that the visitor acted. Undefined: any answer shows it.
   */
  readonly personal_fields: readonly string[] | undefined;
  /**
   * Running it gives somebody something: where its policies cannot decide it is left out, and any other step is run. A
   * stage that may log somebody in does, whatever it says.
   */
  readonly grants: boolean;
  /** It changes or deletes the user whom the flow is about. The gateway permits Postgres to let it do so to a superuser. */
  readonly alters_user: boolean;
  /** It keeps rows of its own, so its inputs are saved before it is asked. */
  readonly writes_data: boolean;
  /** Milliseconds that one turn may take; at most 15 000. */
  readonly deadline_ms: number;
}

const defaults = {
  validate: () => ({}),
  reads: {},
  reads_all: false,
  writes: [],
  changes_user: false,
  identifies: undefined,
  errors: {},
  effects: [],
  inserts: [],
  related_models: [],
  embeds: {},
  companions: [],
  attempts: [],
  renews: [],
  verifies: [],
  addressable: [],
  shows_as: [],
  awaited_source: () => undefined,
  cookies: [],
  texts: {},
  proves: () => undefined,
  ends: false,
  user_info: false,
  acts: true,
  acts_on_entry: () => true,
  personal_fields: undefined,
  grants: false,
  requires_session: false,
  alters_user: false,
  writes_data: false,
  deadline_ms: 5000,
} as const satisfies Partial<StageContract>;

/** Every answer may name the component that it is for, as text (docs/spec/fields.md#component). */
const component = optionalNullable(char(), { optional: true });

type Required = 'kind' | 'component' | 'model' | 'service' | 'config' | 'challenge' | 'response' | 'state';
type StageContractInput = Pick<StageContract, Required> & Partial<Omit<StageContract, Required>>;
type CompleteContract<D extends StageContractInput> = Omit<typeof defaults, keyof D> & D;

/** Makes the compiler refuse a misspelt member. */
type WithoutUnknownMembers<D> = { readonly [K in Exclude<keyof D, keyof StageContract>]: never };

/** Declares a contract. A member that is left out has its harmless default. */
export function defineStage<const D extends StageContractInput>(
  draft: D & WithoutUnknownMembers<D>,
): CompleteContract<D> & StageContract {
  const response = draft.response.extend({ component }).meta(draft.response.meta() ?? {});
  const grants = draft.grants === true || draft.effects?.includes('login') === true;
  const { acts = true, acts_on_entry = () => acts } = draft;
  return { ...defaults, ...draft, acts_on_entry, grants, response } as CompleteContract<D> & StageContract;
}

/** What a stage is asked: to show its step, to judge an answer, or, for whoever sets it up, what it is. */
export const STAGE_VERBS = ['challenge', 'respond', 'describe'] as const;
/** What a stage is asked while somebody logs in. */
export type StageVerb = Exclude<(typeof STAGE_VERBS)[number], 'describe'>;

/** `stage.password.respond`: one subject for each verb of each kind. */
export const stageSubject = (kind: string, verb: (typeof STAGE_VERBS)[number]) => `stage.${kind}.${verb}`;

export type Config<C extends StageContract> = z.output<C['config']>;
export type Challenge<C extends StageContract> = z.output<C['challenge']>;
export type Response<C extends StageContract> = z.output<C['response']>;
export type State<C extends StageContract> = z.output<C['state']>;
export type ErrorCode<C extends StageContract> = keyof C['errors'] & string;

type ReadKey<C extends StageContract> = keyof C['reads'] & ContextKey;
type Needed<C extends StageContract> = { [K in ReadKey<C>]: C['reads'][K] extends 'required' ? K : never }[ReadKey<C>];

/** The facts a stage reads; the required ones are never missing. */
export type Reads<C extends StageContract> = Partial<Pick<PlanContext, ReadKey<C>>> & {
  [K in Needed<C>]: NonNullable<PlanContext[K]>;
};
/** The facts a stage writes; null takes one away. */
export type Writes<C extends StageContract> = { [K in C['writes'][number]]?: PlanContext[K] | null };
