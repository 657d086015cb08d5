import type { z } from 'zod';
import type { EffectType } from './effect.js';
import { char, optionalNullable } from './fields.js';
import type { Catalogue, Errors } from './message.js';
import type { ContextKey, PlanContext, SavedUser } from './plan-context.js';
import type { ReferenceKind } from './reference.js';

/**
 * Defines which responses are attempts at a credential, so that the gateway counts them before the stage judges them
 * (docs/spec/attempts.md#rules).
 */
export interface AttemptRule {
  /** Response field whose presence makes the response an attempt. */
  readonly when: string;
  /** Name of the credential. With `pick`, `{member}` is replaced by the value of the chosen item. */
  readonly credential: string;
  /** The choice between several credentials. An attempt without a valid choice counts for all offered credentials. */
  readonly pick?: AttemptChoice;
  /** Wrong answers in a row before delays begin. */
  readonly free: number;
  /** Wrong answers in a row that disable the credential until it is unlocked. */
  readonly hard: number;
  /** The error of a refused attempt, the same as for a wrong response. */
  readonly refuse: { readonly field: string; readonly code: string };
}

/** A choice between items of the challenge, such as devices. */
export interface AttemptChoice {
  /** Response field that holds the choice. */
  readonly field: string;
  /** Challenge field that lists the items. */
  readonly among: string;
  /** Only items whose `member` is one of `values` are counted, because this response field fits no others. */
  readonly where: { readonly member: string; readonly values: readonly string[] };
}

/** Rule for a stage that is embedded in a composite step, by the config field that refers to it. */
export interface EmbeddedStageRule {
  /** Response field that the embedded stage judges. */
  readonly field: string;
  /** Name of that field in the response of the embedded stage, if it differs. */
  readonly as?: string;
  /** Error code of the host for any refusal by the embedded stage. */
  readonly error: string;
  /**
   * Field of the host's challenge for the challenge of the embedded stage. Without it, the embedded stage is not asked for one.
   * With it, the embedded stage is judged first, so that the host reveals nothing until the embedded stage has passed.
   */
  readonly asks?: string;
}

/** What passing a stage proves about the user. */
export interface StageProof {
  /** `first` is a sufficient proof of identity, `further` is an additional factor. */
  readonly factor: 'first' | 'further';
  /** What happens to a user who has no credential for the proof. */
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
 * How a stage sets the pending user of a plan. `by_name`: the visitor typed a name, which proves nothing. `by_proof`: a credential
 * identified the user. `by_writing`: the stage created the user.
 */
export const IDENTIFICATION_METHODS = ['by_name', 'by_proof', 'by_writing'] as const;
export type IdentificationMethod = (typeof IDENTIFICATION_METHODS)[number];

/** A blueprint model that the config of a stage refers to, such as a field of a form. */
export interface RelatedModel {
  /** Its kind in references. */
  readonly kind: ReferenceKind;
  /** The blueprint model, lower case. */
  readonly model: string;
  /** Fields that identify an object, by default `name`. */
  readonly key?: readonly string[];
  readonly config: z.ZodObject;
  /** Returns the errors of a config whose single fields are valid. */
  readonly validate?: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Fields that hold Python if another field, named by the value, is true. */
  readonly python?: Readonly<Record<string, string>>;
}

/** The contract of a stage: everything that other parts of Gatehouse may know about it. */
export interface StageContract {
  /** Permanent name, one token of NATS subjects: `^[a-z][a-z0-9_]{1,47}$`. */
  readonly kind: string;
  /** Name of the challenge on the wire. Undefined for a stage that never shows a challenge. */
  readonly component: string | undefined;
  /** Blueprint model, lower case. Undefined for a stage that is only inserted at run time. */
  readonly model: string | undefined;
  /** Service that serves the stage in the standard deployment. */
  readonly service: string;
  readonly config: z.ZodObject;
  /** Returns the errors of a config whose single fields are valid. Fields without a schema are passed unchecked. */
  readonly validate: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Its metadata is its name and description in the published schema. The same holds for `response`. */
  readonly challenge: z.ZodObject;
  readonly response: z.ZodObject;
  readonly state: z.ZodObject;
  /** Facts that it receives. Without a `required` fact, the gateway denies the visitor and does not ask the stage. */
  readonly reads: Readonly<Partial<Record<ContextKey, 'required' | 'optional'>>>;
  /** Whether it receives all facts, also those that only policies use, because it evaluates policies itself. */
  readonly reads_all: boolean;
  /** Facts that it may set. */
  readonly writes: readonly ContextKey[];
  /**
   * Whether it creates or changes users, so that its version of the pending user is trusted. Other stages may only set how
   * the user was proved.
   */
  readonly changes_user: boolean;
  /** How it sets the pending user. Undefined: it never does. */
  readonly identifies: IdentificationMethod | undefined;
  /** Its error messages by code. */
  readonly errors: Catalogue;
  /** Types of effects that it may request. */
  readonly effects: readonly EffectType[];
  /** Kinds of steps that it may insert into the plan. */
  readonly inserts: readonly string[];
  /** Blueprint models that its config may refer to, besides stages and flows. */
  readonly related_models: readonly RelatedModel[];
  /** Embedded stages, by the config field that refers to them. */
  readonly embeds: Readonly<Record<string, EmbeddedStageRule>>;
  /**
   * Kinds of the same service. It receives all stages of these kinds with their secrets, because they created the data that
   * it uses.
   */
  readonly companions: readonly string[];
  /** Which responses are attempts at a credential. */
  readonly attempts: readonly AttemptRule[];
  /** Credentials that it replaces. When it reports one as `verified`, earlier failed attempts are reset. */
  readonly renews: readonly string[];
  /** Further credentials that it may report as `verified`, without counted attempts. */
  readonly verifies: readonly string[];
  /** Secret response fields whose names are allowed in a query string, because they also have another meaning there. */
  readonly addressable: readonly string[];
  /** Alternative components of its challenge. */
  readonly shows_as: readonly string[];
  /** Returns the source that the visitor must return from. Only the gateway confirms the return, in `is_restored`. */
  readonly awaited_source: (config: Readonly<Record<string, unknown>>) => unknown;
  /** Names of request cookies that it receives. */
  readonly cookies: readonly string[];
  /** Challenge fields that hold built-in texts, with their possible values, which the gateway translates. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** Whether the challenge shows the pending user. */
  readonly user_info: boolean;
  /** Returns what passing it proves, depending on its config. Undefined if nothing. */
  readonly proves: (config: Readonly<Record<string, unknown>>) => StageProof | undefined;
  /**
   * Returns whether the step sets up, changes or removes a credential of its user. The gateway runs such a step only after a
   * recent proof of that user, and never for an API token (docs/adr/0037). For a superuser, it also grants the stage's service a
   * permit in Postgres (docs/adr/0035). Undefined for a stage that never changes credentials.
   */
  readonly changes_credentials?: ((change: CredentialChange) => boolean) | undefined;
  /**
   * Passing the step grants access that outlives an API token, so the gateway never runs it for an API token, even with a recent
   * proof (docs/adr/0037).
   */
  readonly requires_session: boolean;
  /** Set for a stage that the gateway adds before a step that changes credentials, if the proof is missing. */
  readonly proof_step?: ProofStep | undefined;
  /** Whether no visitor can pass it. */
  readonly ends: boolean;
  /** Whether passing has side effects, so that the GET of a mailed link does not enter it. */
  readonly acts: boolean;
  /**
   * Returns whether entering the step has side effects before its challenge is shown. A plan that a cross-site navigation
   * started asks the visitor before it enters such a step. Defaults to `acts`.
   */
  readonly acts_on_entry: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Response fields that only a person fills in. The script of a page may send a response without them, so such a response does
   * not show that the visitor acted. Undefined: every response shows it.
   */
  readonly personal_fields: readonly string[] | undefined;
  /**
   * Whether running it grants the visitor something. If its policies fail, such a step is skipped, and any other step runs.
   * Always true for a stage with the effect `login`.
   */
  readonly grants: boolean;
  /** Whether it changes or deletes the user of the flow. For a superuser, the gateway grants it a permit in Postgres. */
  readonly alters_user: boolean;
  /** Whether it stores rows, so that the plan is saved before it is asked. */
  readonly writes_data: boolean;
  /** Milliseconds that one request may take, at most 15 000. */
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

/** Every response may name its component (docs/spec/fields.md#component). */
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

/** Requests to a stage: show its challenge, judge a response, or describe its contract. */
export const STAGE_VERBS = ['challenge', 'respond', 'describe'] as const;
/** Requests to a stage while a flow runs. */
export type StageVerb = Exclude<(typeof STAGE_VERBS)[number], 'describe'>;

/** Returns the subject of a stage and a verb, such as `stage.password.respond`. */
export const stageSubject = (kind: string, verb: (typeof STAGE_VERBS)[number]) => `stage.${kind}.${verb}`;

export type Config<C extends StageContract> = z.output<C['config']>;
export type Challenge<C extends StageContract> = z.output<C['challenge']>;
export type Response<C extends StageContract> = z.output<C['response']>;
export type State<C extends StageContract> = z.output<C['state']>;
export type ErrorCode<C extends StageContract> = keyof C['errors'] & string;

type ReadKey<C extends StageContract> = keyof C['reads'] & ContextKey;
type Needed<C extends StageContract> = { [K in ReadKey<C>]: C['reads'][K] extends 'required' ? K : never }[ReadKey<C>];

/** The facts that a stage receives. Required facts are always present. */
export type Reads<C extends StageContract> = Partial<Pick<PlanContext, ReadKey<C>>> & {
  [K in Needed<C>]: NonNullable<PlanContext[K]>;
};
/** The facts that a stage writes. Null removes a fact. */
export type Writes<C extends StageContract> = { [K in C['writes'][number]]?: PlanContext[K] | null };
