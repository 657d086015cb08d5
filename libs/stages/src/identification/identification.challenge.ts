import { type AttachedStage, type Challenge, char } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import { type identificationContract, MAX_IDENTIFIER } from './identification.contract.js';

type Contract = typeof identificationContract;

/**
 * Returns the challenge, with the fields, the sources and the links to other flows
 * (docs/spec/stages.md#identification-challenge).
 */
export function buildChallenge(
  input: ChallengeInput<Contract>,
  sources: Challenge<Contract>['sources'],
): Challenge<Contract> {
  const { config, context, flow, query, apiVersion } = input;
  const passwordStage = passwordStageOf(input);
  return {
    user_fields: config.user_fields,
    password_fields: passwordStage !== undefined,
    allow_show_password: passwordStage?.config['allow_show_password'] === true,
    captcha_stage: null,
    passkey_challenge: null,
    ...applicationFields(context.application),
    pending_user_identifier: hintOf(input) ?? null,
    flow_designation: flow.designation,
    ...link('enroll_url', config.enrollment_flow, query),
    ...link('recovery_url', config.recovery_flow, query),
    ...link('passwordless_url', config.passwordless_flow, query),
    primary_action: flow.designation === 'authentication' ? 'Log in' : 'Continue',
    sources,
    show_source_labels: config.show_source_labels,
    enable_remember_me: config.enable_remember_me ?? apiVersion === '2024.8',
  };
}

/** Returns the fields about the application to which the login leads. */
function applicationFields(application: ChallengeInput<Contract>['context']['application']) {
  if (!application) return {};
  const { name, launch_url: url } = application;
  return { application_pre: name, ...(url !== undefined && { application_pre_launch: url }) };
}

/**
 * Returns the embedded password stage, or `undefined` if none is configured. Throws if the request lacks the configured
 * stage, because no stage would then check the password.
 */
export function passwordStageOf({ config, attached }: ChallengeInput<Contract>): AttachedStage | undefined {
  if (config.password_stage === null) return undefined;
  const stage = attached['password_stage'];
  if (!stage) throw new Error(`the password stage ${config.password_stage} is not attached`);
  return stage;
}

/** Schema of a proposed name. It parses the name in the same way as the field of the answer. */
const proposedName = char({ maxLength: MAX_IDENTIFIER });

/**
 * Returns the name that the page fills in: the name in the context, otherwise the name in the query of the page.
 * Returns `undefined` if the name would be invalid in an answer, or was refused.
 */
export function hintOf({ context, query, state }: ChallengeInput<Contract>): string | undefined {
  const hint = proposedName.safeParse(context.pending_user_identifier ?? query['login_hint']).data;
  return hint === state?.refused_hint ? undefined : hint;
}

/**
 * Returns the name that the stage tries without an answer of the visitor (docs/spec/stages.md#identification-hint), or
 * `undefined` if the visitor must answer. Authentik tries no names before 2026.8.
 */
export function hintToTry(input: ChallengeInput<Contract>): string | undefined {
  const { config, context, step, apiVersion } = input;
  const asksMore = config.password_stage !== null || config.captcha_stage !== null || config.webauthn_stage !== null;
  const isTried = apiVersion !== '2024.8' && !asksMore && !step.conditional && !context.pending_user && !input.preview;
  return isTried ? hintOf(input) : undefined;
}

/** Returns the link to another flow, if one is configured. The link keeps the query, so that `next` is not lost. */
function link<N extends string>(name: N, slug: string | null, query: Readonly<Record<string, string>>) {
  if (slug === null) return {};
  const search = new URLSearchParams(query).toString();
  return { [name]: `/if/flow/${slug}/${search && `?${search}`}` } as Record<N, string>;
}
