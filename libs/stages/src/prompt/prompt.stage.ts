import {
  ask,
  MAX_EFFECTS,
  type Message,
  type PlanContext,
  pass,
  policyToasts,
  reject,
  type SavedUser,
  type StageErrors,
  type StageOutcome,
  type User,
} from '@gatehouse/contracts';
import { prepareUsername, UsernameRepository } from '@gatehouse/directory';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import {
  type EvaluationSubject,
  FormPolicyClient,
  type FormVerdict,
  type RequestMethod,
} from './form-policy.client.js';
import { enteredNames, parseAnswers, passwordKeys } from './parse-answers.js';
import type { FormLimits } from './prompt.config.js';
import type { promptContract } from './prompt.contract.js';
import { buildForm, expressionsOf, type FormField, type FormInput, toPromptField } from './prompt-form.js';

type Contract = typeof promptContract;
type Values = Readonly<Record<string, unknown>>;

/** Injection token of the limits of a form. */
export const PROMPT_LIMITS = Symbol('prompt limits');

/**
 * Milliseconds reserved for the reply, so that the stage can report an unavailable policy service before the gateway
 * stops waiting.
 */
const REPLY_MARGIN_MS = 250;

/** Shows a form, and saves the values of the response in the context. */
@Injectable()
export class PromptStage implements Stage<Contract> {
  constructor(
    @Inject(FormPolicyClient) private readonly policies: FormPolicyClient,
    @Inject(UsernameRepository) private readonly usernames: UsernameRepository,
    @Inject(PROMPT_LIMITS) private readonly limits: FormLimits,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const evaluated = await this.evaluateExpressions(input, 'GET');
    const fields = buildForm(formInput(input), evaluated).map(toPromptField);
    return ask<Contract>({ fields }, Object.keys(evaluated).length > 0 ? { state: { evaluated } } : {});
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const form = buildForm(formInput(input), input.state?.evaluated ?? (await this.evaluateExpressions(input, 'POST')));
    const usernameErrors = await this.usernameErrors(input, form);
    const parsed = parseAnswers(form, input.response, { ...this.limits, usernameErrors });
    if ('errors' in parsed) return reject<Contract>(parsed.errors as StageErrors<Contract>);
    const { pass: accepted, messages } = await this.validate(input, parsed.values);
    if (!accepted) return reject<Contract>(validationErrors(messages));
    const { prompt_data = {}, prompt_secrets = [] } = input.context;
    const secrets = [...new Set([...prompt_secrets, ...passwordKeys(form)])];
    return pass<Contract>({
      context: {
        prompt_data: { ...prompt_data, ...parsed.values },
        ...(secrets.length > 0 ? { prompt_secrets: secrets } : {}),
      },
      // Policies may have more messages than a reply may have effects.
      ...(input.apiVersion === '2026.8' && messages.length > 0
        ? { effects: policyToasts(messages.slice(0, MAX_EFFECTS)) }
        : {}),
    });
  }

  private evaluateExpressions(input: ChallengeInput<Contract>, method: RequestMethod): Promise<Values> {
    const form = formInput(input);
    return this.policies.evaluate(expressionsOf(form), evaluationSubject(input, method), {
      prompt_context: form.data,
    });
  }

  /** Returns the decision of the validation policies, with their messages. */
  private validate(input: RespondInput<Contract>, values: Values): Promise<FormVerdict> {
    const allValues = { ...lockedValues(input.context), ...values };
    return this.policies.validate(input.config.validation_policies, evaluationSubject(input, 'POST'), allValues);
  }

  /** Returns the errors of the entered usernames, by the keys of their fields. */
  private async usernameErrors({ context, session, response }: RespondInput<Contract>, form: readonly FormField[]) {
    const user = userOf(context.pending_user, session.user);
    const errors = await Promise.all(
      enteredNames(form, response, this.limits).map(async ([key, name]): Promise<[string, Message][]> => {
        const error = await this.usernameError(name, user?.kind === 'saved' ? user : undefined);
        return error ? [[key, error]] : [];
      }),
    );
    return Object.fromEntries(errors.flat());
  }

  /**
   * Returns the error of a username that `user`, or a new user, cannot have. A user may keep the current username, even
   * if it is invalid.
   */
  private async usernameError(name: string, user: SavedUser | undefined): Promise<Message | undefined> {
    if (name === user?.username) return undefined;
    const prepared = prepareUsername(name);
    if ('reason' in prepared) return prepared.reason;
    return (await this.usernames.isTaken(prepared, user?.uuid)) ? { code: 'prompt_username_taken' } : undefined;
  }
}

/** Returns the errors of a response that the validation policies reject. */
function validationErrors(messages: readonly string[]): StageErrors<Contract> {
  const errors = messages.map((text) => ({ text }));
  return { non_field_errors: errors.length > 0 ? errors : [{ code: 'prompt_not_accepted' }] };
}

const userOf = (pendingUser: User | undefined, loggedInUser: User | null): User | null => pendingUser ?? loggedInUser;

const formInput = ({ config, context, apiVersion }: ChallengeInput<Contract>): FormInput => ({
  fields: config.fields,
  data: context.prompt_data ?? {},
  locked: context.prompt_locked ?? [],
  secrets: context.prompt_secrets ?? [],
  objectChoices: apiVersion === '2026.8',
});

/** Returns the values that an invitation has fixed. Validation policies see them together with the entered values. */
function lockedValues({ prompt_data = {}, prompt_locked = [] }: PlanContext): Values {
  return Object.fromEntries(
    prompt_locked.flatMap((key) => (Object.hasOwn(prompt_data, key) ? [[key, prompt_data[key]]] : [])),
  );
}

/**
 * Returns the data about the visitor's request that expressions and policies see. `method` is `GET` when the form is
 * shown, and `POST` for a response.
 */
function evaluationSubject(input: ChallengeInput<Contract>, method: RequestMethod): EvaluationSubject {
  const { id, locale, context, session, client, site, flow, preview, timeLeftMs, apiVersion } = input;
  const { cookies: _cookies, ...clientWithoutCookies } = client;
  return {
    ...{ id, locale, site, method, client: clientWithoutCookies },
    timeout_ms: Math.max(0, Math.floor(timeLeftMs() - REPLY_MARGIN_MS)),
    user: userOf(context.pending_user, session.user),
    ...(apiVersion !== '2024.8' && { visitor: session.user }),
    flow_plan: { ...(flow.id !== undefined && { id: flow.id }), slug: flow.slug, context: { ...context } },
    ...(preview && { dry_run: 'preview' as const }),
  };
}
