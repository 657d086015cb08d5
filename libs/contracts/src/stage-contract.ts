import type { z } from 'zod';
import type { ApiVersion } from './api-version.js';
import type { AttemptRule } from './attempt-rule.js';
import type { EffectType } from './effect.js';
import { isExternalKind } from './external-kind.js';
import { char, optionalNullable } from './fields.js';
import type { Catalogue, Errors } from './message.js';
import type { OwnFactUses } from './own-fact.js';
import type { ContextKey, PlanContext, SavedUser } from './plan-context.js';
import type { PreviewRule } from './preview-rule.js';
import type { RelatedModel } from './related-model.js';
import type { StageForecast, StageProof } from './stage-forecast.js';
import type { DescribedForm } from './stage-form.js';

/** How a host stage embeds another stage to form a composite step. */
export interface EmbeddedStageRule {
  /** Response field that the embedded stage judges. */
  readonly field: string;
  /** Name of the same field in the embedded stage's contract. Absent if the name is the same. */
  readonly as?: string;
  /** Error code that the host shows for any refusal by the embedded stage. */
  readonly error: string;
  /**
   * Field of the host's challenge that holds the challenge of the embedded stage. If absent, the embedded stage shows
   * no challenge, and judges after the host. If present, the embedded stage judges first, so that the host reveals
   * nothing until the embedded stage has passed.
   */
  readonly asks?: string;
  /** Set if a response with `field` alone is complete. Then only this embedded stage judges the response. */
  readonly alternative?: AlternativeRule;
}

/**
 * How an embedded stage replaces the host's other fields. It judges only answers with its field; the other embedded
 * stages do not get these answers. It identifies the user, so that it does not get the pending user of the plan. The
 * host then completes the step with the facts of the embedded stage.
 */
interface AlternativeRule {
  /** Returns the value of the host's challenge field `asks`, from the challenge of the embedded stage. */
  readonly shown: (challenge: Readonly<Record<string, unknown>>) => unknown;
  /** Error codes that the host shows for error codes of the embedded stage, in place of `error`. */
  readonly errors: Readonly<Record<string, string>>;
}

/** Input with which `changes_credentials` decides whether a step changes credentials. */
export interface CredentialChange {
  readonly config: Readonly<Record<string, unknown>>;
  readonly context: PlanContext;
  /** The step's user: the pending user, else the user of the session. Undefined if that user is not saved. */
  readonly user: SavedUser | undefined;
}

/** Order and config with which the gateway adds the stage to a plan that lacks a proof of the user. */
export interface ProofStep {
  readonly order: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly factor: 'device' | 'password';
  /**
   * Config with which only a second factor beside the password passes the step. Absent if every proof of the stage is a
   * second factor.
   */
  readonly second_factor?: Readonly<Record<string, unknown>>;
  /** Config with which only a phishing-resistant credential passes the step. Absent if the stage accepts none. */
  readonly phishing_resistant?: Readonly<Record<string, unknown>>;
}

/**
 * How a stage sets the pending user of a plan. `by_name`: the visitor typed a name, which proves nothing. `by_proof`: a
 * credential identified the user. `by_writing`: the stage created the user.
 */
export const IDENTIFICATION_METHODS = ['by_name', 'by_proof', 'by_writing'] as const;
export type IdentificationMethod = (typeof IDENTIFICATION_METHODS)[number];

/** The contract of a stage: everything that other parts of Gatehouse may know about it. */
export interface StageContract {
  /** Permanent name, one token of NATS subjects: `^[a-z][a-z0-9_]{1,47}$`. */
  readonly kind: string;
  /** Name of the challenge on the wire. Undefined for a stage that never shows a challenge. */
  readonly component: string | undefined;
  /** Blueprint model, lower case. Undefined for a stage that is only inserted at run time. */
  readonly model: string | undefined;
  /** The first API line that has the stage. Undefined if all lines have it, or none. */
  readonly api_version: ApiVersion | undefined;
  /** Service that answers requests to the stage in the standard deployment. */
  readonly service: string;
  readonly config: z.ZodObject;
  /** Checks fields of a config together, after `config` has checked each field. Returns the errors. */
  readonly validate: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Schema of the challenge. Its metadata, like that of `response`, names it in the OpenAPI schema. */
  readonly challenge: z.ZodObject;
  readonly response: z.ZodObject;
  readonly state: z.ZodObject;
  /** Facts that the stage receives. If a `required` fact is absent, the gateway denies the flow. */
  readonly reads: Readonly<Partial<Record<ContextKey, 'required' | 'optional'>>>;
  /**
   * Whether the stage receives all facts, including those that only policies use, because it evaluates policies itself.
   */
  readonly reads_all: boolean;
  /** Facts that the stage may set or remove. */
  readonly writes: readonly ContextKey[];
  /** Facts of a vendor's own that the stage reads or writes, by name `x_<vendor>_<name>`. */
  readonly facts: OwnFactUses;
  /**
   * Whether the stage creates or changes users. Only such a stage may set properties of the pending user; any other
   * stage may only set which backend proved the user.
   */
  readonly changes_user: boolean;
  /** How the stage sets the pending user. Undefined for a stage that never sets another pending user. */
  readonly identifies: IdentificationMethod | undefined;
  /** The stage's error messages, by code. */
  readonly errors: Catalogue;
  /** Types of effects that the stage may request. */
  readonly effects: readonly EffectType[];
  /** Kinds of steps that the stage may insert into the plan. */
  readonly inserts: readonly string[];
  /** Blueprint models that the stage's config may refer to, besides stages and flows. */
  readonly related_models: readonly RelatedModel[];
  /** Embedded stages, by the config field that refers to them. */
  readonly embeds: Readonly<Record<string, EmbeddedStageRule>>;
  /**
   * Kinds of stages of the same service whose data, such as devices, this stage uses. The stage receives all stages of
   * these kinds, with their secrets.
   */
  readonly companions: readonly string[];
  /** Rules that define which responses are attempts at a credential. */
  readonly attempts: readonly AttemptRule[];
  /**
   * Whether every answer is a guess at a credential of the stage's own, and counted as one, if `attempts` is empty
   * (docs/adr/0093). True for an external stage unless its descriptor says otherwise.
   */
  readonly guesses: boolean;
  /**
   * Credentials that the stage replaces. When the stage reports such a credential as `verified`, the gateway resets the
   * attempts of the credential.
   */
  readonly renews: readonly string[];
  /** Further credentials that the stage may report as `verified`, although no attempts at them are counted. */
  readonly verifies: readonly string[];
  /**
   * Secret response fields whose names may be query parameters, because they have another meaning in a query. A query
   * with the name of any other secret field is refused (`credentials_in_query`).
   */
  readonly addressable: readonly string[];
  /** Other components that the challenge may have, besides `component`. */
  readonly shows_as: readonly string[];
  /**
   * Returns the id of the source at which the visitor must log in. Only the gateway can confirm that login: it sets the
   * fact `is_restored`. Undefined if the stage waits for no source.
   */
  readonly awaited_source: (config: Readonly<Record<string, unknown>>) => unknown;
  /** Names of request cookies that the stage receives. */
  readonly cookies: readonly string[];
  /** Challenge fields with built-in texts that the gateway translates: the possible texts by field. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** The form that the gateway adds to the challenge. Undefined for a built-in stage: pages contain its form. */
  readonly form: DescribedForm | undefined;
  /** Whether the gateway adds the pending user's name and avatar to the challenge. */
  readonly user_info: boolean;
  /** Returns what passing a stage with this config proves about the user. Undefined if nothing. */
  readonly proves: (config: Readonly<Record<string, unknown>>) => StageProof | undefined;
  /**
   * Returns whether the step sets up, changes or removes a credential of its user. The gateway runs such a step only
   * after a recent proof of that user; an API token alone is no such proof (docs/adr/0037). For a superuser, the
   * gateway also grants the stage's service a permit in Postgres (docs/adr/0035). Undefined for a stage that never
   * changes credentials.
   */
  readonly changes_credentials?: ((change: CredentialChange) => boolean) | undefined;
  /**
   * Returns whether a step with this config reveals if a typed value is a credential of its user. The gateway runs such
   * a step only after a recent proof of that user, even if the visitor has only typed the user's name
   * (docs/spec/policies.md#unique-password). Undefined for a stage that never compares.
   */
  readonly compares_credentials?: ((config: Readonly<Record<string, unknown>>) => boolean) | undefined;
  /**
   * Whether the stage grants access that outlives an API token. The gateway never runs such a step for an API token,
   * even with a recent proof (docs/adr/0037).
   */
  readonly requires_session: boolean;
  /**
   * `asked`: when the stage passes, its reply may report that the visitor has given the consent for which its challenge
   * asked. `needed`: the stage gets `step.consented`, which is true if it runs right after such a reply, in the same
   * HTTP request.
   */
  readonly consent: 'asked' | 'needed' | undefined;
  /** Set for a stage that the gateway may add before a step that changes credentials, to get a missing proof. */
  readonly proof_step?: ProofStep | undefined;
  /** Whether the stage never passes and so ends the flow for every visitor. */
  readonly ends: boolean;
  /**
   * Returns a sentence for each field that the stage accepts but that has no effect. A blueprint with such a value
   * causes a warning. The values are not validated yet.
   */
  readonly ignores: (config: Readonly<Record<string, unknown>>) => Readonly<Record<string, string>>;
  /**
   * Returns what a stage with this config may do in a flow of this designation, for the simulator. The executor does
   * not use it.
   */
  readonly forecast: (config: Readonly<Record<string, unknown>>, designation: string) => StageForecast;
  /** Whether passing the stage has side effects. Also the default of `acts_on_entry`. */
  readonly acts: boolean;
  /**
   * Returns whether the step has side effects when it is entered, before the visitor answers. In a plan that a
   * cross-site navigation started, the gateway asks the visitor before such a step. Defaults to `acts`.
   */
  readonly acts_on_entry: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Response fields that only a person fills in. A script may send a response without these fields, so such a response
   * does not prove that the visitor acted. Undefined if every response proves this.
   */
  readonly personal_fields: readonly string[] | undefined;
  /**
   * Whether running the stage grants the visitor something. If a step's policies cannot decide, the gateway skips a
   * step that grants and runs any other step. Always true for a stage with the effect `login`.
   */
  readonly grants: boolean;
  /**
   * Whether the stage changes or deletes the flow's user. For a superuser, the gateway grants a permit in Postgres
   * first.
   */
  readonly alters_user: boolean;
  /**
   * Whether the stage stores rows. The gateway saves the plan before a request to such a stage, so that a retry has the
   * same request id and stores nothing twice.
   */
  readonly writes_data: boolean;
  /** How previews of flow versions run the stage. A stage without it, such as an external one, is left out of them. */
  readonly preview: PreviewRule | undefined;
  /** Milliseconds that one request may take, at most 15 000. */
  readonly deadline_ms: number;
}

const defaults = {
  api_version: undefined,
  validate: () => ({}),
  reads: {},
  reads_all: false,
  writes: [],
  facts: {},
  changes_user: false,
  identifies: undefined,
  errors: {},
  effects: [],
  inserts: [],
  related_models: [],
  embeds: {},
  companions: [],
  attempts: [],
  guesses: false,
  renews: [],
  verifies: [],
  addressable: [],
  shows_as: [],
  awaited_source: () => undefined,
  cookies: [],
  texts: {},
  form: undefined,
  proves: () => undefined,
  ends: false,
  ignores: () => ({}),
  forecast: () => ({}),
  user_info: false,
  acts: true,
  acts_on_entry: () => true,
  personal_fields: undefined,
  grants: false,
  requires_session: false,
  consent: undefined,
  alters_user: false,
  writes_data: false,
  preview: undefined,
  deadline_ms: 5000,
} as const satisfies Partial<StageContract>;

/** The field `component`, which every response may have (docs/spec/fields.md#component). */
const component = optionalNullable(char(), { optional: true });

type Required = 'kind' | 'component' | 'model' | 'service' | 'config' | 'challenge' | 'response' | 'state';
type StageContractInput = Pick<StageContract, Required> & Partial<Omit<StageContract, Required>>;
type DeclaredContract<D extends StageContractInput> = Omit<typeof defaults, keyof D> &
  D &
  Pick<StageContract, 'guesses'>;
/**
 * The contract with the literal types of the draft. An intersection with `StageContract`, whose errors may have any
 * code, would make the compiler accept a misspelt code in an outcome.
 */
type CompleteContract<D extends StageContractInput> = DeclaredContract<D> &
  Omit<StageContract, keyof DeclaredContract<D>>;

/** Forbids members that a contract does not have, so that the compiler refuses a misspelt one. */
type WithoutUnknownMembers<D> = { readonly [K in Exclude<keyof D, keyof StageContract>]: never };

/** Declares a contract. Absent members get defaults that allow nothing. */
export function defineStage<const D extends StageContractInput>(
  draft: D & WithoutUnknownMembers<D>,
): CompleteContract<D> {
  const response = draft.response.extend({ component }).meta(draft.response.meta() ?? {});
  const grants = draft.grants === true || draft.effects?.includes('login') === true;
  const { acts = true, acts_on_entry = () => acts, guesses = isExternalKind(draft.kind) } = draft;
  return { ...defaults, ...draft, acts_on_entry, grants, guesses, response } as CompleteContract<D>;
}
