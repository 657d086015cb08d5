import {
  ask,
  type PlanContext,
  pass,
  reject,
  type SavedUser,
  type StageErrors,
  type StageOutcome,
  type User,
} from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { type EvaluationSubject, Evaluations, type Method } from './evaluations.js';
import { enteredNames, parseAnswers, passwordKeys } from './parse-answers.js';
import type { FormLimits } from './prompt.config.js';
import type { promptContract } from './prompt.contract.js';
import { buildForm, expressionsOf, type FormField, type FormInput, toPromptField } from './prompt-form.js';

type Contract = typeof promptContract;
type Bag = Readonly<Record<string, unknown>>;

/** Injects how much a form takes. */
export const PROMPT_LIMITS = Symbol('prompt limits');

/** Milliseconds that a reply may be on its way, so that this stage can still say that policies are away. */
const ON_THE_WAY_MS = 250;

/** Shows a form, and keeps what was filled in for the steps after it. */
@Injectable()
export class PromptStage implements Stage<Contract> {
  constructor(
    @Inject(Evaluations) private readonly evaluations: Evaluations,
    @Inject(UserLookup) private readonly users: UserLookup,
    @Inject(PROMPT_LIMITS) private readonly limits: FormLimits,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const evaluated = await this.evaluated(input, 'GET');
    const fields = buildForm(makingOf(input), evaluated).map(toPromptField);
    return ask<Contract>({ fields }, Object.keys(evaluated).length > 0 ? { state: { evaluated } } : {});
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const form = buildForm(makingOf(input), input.state?.evaluated ?? (await this.evaluated(input, 'POST')));
    const taken = await this.takenNames(input, form);
    const read = parseAnswers(form, input.response, { ...this.limits, taken });
    const errors = 'errors' in read ? read.errors : await this.objections(input, read.values);
    if (errors || 'errors' in read) return reject<Contract>(errors as StageErrors<Contract>);
    const { prompt_data = {}, prompt_secrets = [] } = input.context;
    const secrets = [...new Set([...prompt_secrets, ...passwordKeys(form)])];
    return pass<Contract>({
      context: {
        prompt_data: { ...prompt_data, ...read.values },
        ...(secrets.length > 0 ? { prompt_secrets: secrets } : {}),
      },
    });
  }

  private evaluated(input: ChallengeInput<Contract>, method: Method): Promise<Bag> {
    const making = makingOf(input);
    return this.evaluations.valuesOf(expressionsOf(making), evaluationSubject(input, method), {
      prompt_context: making.data,
    });
  }

  /** What is wrong with values that are right one by one; undefined for nothing. */
  private async objections(input: RespondInput<Contract>, values: Bag): Promise<StageErrors<Contract> | undefined> {
    const judged = { ...lockedValues(input.context), ...values };
    const { pass: accepted, messages } = await this.evaluations.judge(
      input.config.validation_policies,
      evaluationSubject(input, 'POST'),
      judged,
    );
    if (accepted) return undefined;
    const said = messages.map((text) => ({ text }));
    return { non_field_errors: said.length > 0 ? said : [{ code: 'prompt_not_accepted' }] };
  }

  /** The keys of usernames that are somebody else's, or somebody else's address. */
  private async takenNames({ context, session, response }: RespondInput<Contract>, form: readonly FormField[]) {
    const own = userOf(context.pending_user, session.user);
    const found = await Promise.all(
      enteredNames(form, response, this.limits).map(async ([key, name]) => {
        const user = await this.calledSo(name);
        return !user || (own?.kind === 'saved' && own.uuid === user.uuid) ? [] : [key];
      }),
    );
    return found.flat();
  }

  /** Who has the name, else who has it for an address. */
  private async calledSo(name: string): Promise<SavedUser | undefined> {
    const by = (field: 'username' | 'email') => this.users.find(name, { fields: [field], caseInsensitive: true });
    return (await by('username')) ?? by('email');
  }
}

const userOf = (pending: User | undefined, visitor: User | null): User | null => pending ?? visitor;

const makingOf = ({ config, context }: ChallengeInput<Contract>): FormInput => ({
  fields: config.fields,
  data: context.prompt_data ?? {},
  locked: context.prompt_locked ?? [],
  secrets: context.prompt_secrets ?? [],
});

/** What an invitation fixed of the form, for policies to judge with the rest. */
function lockedValues({ prompt_data = {}, prompt_locked = [] }: PlanContext): Bag {
  return Object.fromEntries(
    prompt_locked.flatMap((key) => (Object.hasOwn(prompt_data, key) ? [[key, prompt_data[key]]] : [])),
  );
}

/** Whom and what expressions and policies look at: the form by GET, an answer to it by POST. */
function evaluationSubject(input: ChallengeInput<Contract>, method: Method): EvaluationSubject {
  const { id, locale, context, session, client, site, flow, timeLeftMs } = input;
  const { cookies: _unseen, ...seen } = client;
  return {
    ...{ id, locale, site, method, client: seen },
    timeout_ms: Math.max(0, Math.floor(timeLeftMs() - ON_THE_WAY_MS)),
    user: userOf(context.pending_user, session.user),
    flow_plan: { slug: flow.slug, context: { ...context } },
  };
}
