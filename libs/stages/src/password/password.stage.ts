import {
  ask,
  type Challenge,
  deny,
  type Errors,
  pass,
  REDACTED,
  reject,
  type SavedUser,
  type StageErrors,
  type StageOutcome,
  type User,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { passwordContract } from './password.contract.js';
import { type AuthenticationResult, PasswordAuthenticator, type PasswordSubject } from './password-authenticator.js';

type Contract = typeof passwordContract;

const CREDENTIAL = 'password';
const TOO_MANY_ATTEMPTS = 'too_many_attempts';
const [APP = '', MODEL = ''] = passwordContract.model.split('.');

/**
 * Checks the pending user's password. Replies do not reveal whether the user exists, is active or has a password,
 * except to a logged-in user (`mustDeny`).
 */
@Injectable()
export class PasswordStage implements Stage<Contract> {
  constructor(@Inject(PasswordAuthenticator) private readonly authenticator: PasswordAuthenticator) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const { config, site, query } = input;
    if (await this.mustDeny(input)) return deny({ message: { code: 'password_none' } });
    const { recovery } = site.flows;
    return ask<Contract>({
      allow_show_password: config.allow_show_password,
      ...(recovery === undefined ? {} : { recovery_url: absoluteFlowUrl(site.base_url, recovery, query) }),
    } satisfies Challenge<Contract>);
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const user = subjectUser(input);
    if (!user) return deny();
    const { accepted, cost } = await this.authenticator.authenticate({
      ...subjectOf(input, user),
      password: input.response.password,
      stillWanted: () => input.timeLeftMs() > 0,
    });
    return accepted && user.kind === 'saved' ? verified(input, user, accepted) : failedLogin(input, user, cost);
  }

  /**
   * Returns whether the visitor is a logged-in user without a password, and the config denies such users. All other
   * visitors are asked for a password, which prevents enumeration.
   */
  private async mustDeny({ config, context, session }: ChallengeInput<Contract>): Promise<boolean> {
    const { user } = session;
    const { pending_user: pending = user } = context;
    if (config.without_password === 'ask' || user?.kind !== 'saved') return false;
    if (pending?.kind !== 'saved' || pending.uuid !== user.uuid) return false;
    return !(await this.authenticator.hasUsablePassword(user));
  }

  /**
   * Rejects a response whose password field is missing or malformed. On the stage's own form, the response gets a field
   * error and counts as a failure of the step, but not as an attempt. If the stage is embedded, its host cannot show
   * such a field error, so the response counts as a failed login (docs/spec/stages.md#identification-answer). The reply
   * contains the cost of the user's hash. With this cost, the gateway delays the reply for a locked credential by the
   * time that a check of this hash would take.
   */
  async refuse(input: ChallengeInput<Contract>, errors: Errors): Promise<StageOutcome<Contract>> {
    const user = subjectUser(input);
    if (!user) return failedAttempt(input, errors as StageErrors<Contract>, {});
    const cost = await this.authenticator.costOf(subjectOf(input, user));
    return input.step.embedded
      ? failedLogin(input, user, cost)
      : failedAttempt(input, errors as StageErrors<Contract>, { cost });
  }
}

/**
 * Returns the user whose password is checked: the pending user, otherwise the logged-in user, who confirms their
 * identity.
 */
const subjectUser = ({ context, session }: ChallengeInput<Contract>): User | null =>
  context.pending_user ?? session.user;

/** Returns the user whose password is checked, and the backends that check it. */
const subjectOf = ({ config }: ChallengeInput<Contract>, user: User): PasswordSubject => ({
  userId: user.kind === 'saved' ? user.uuid : undefined,
  username: user.username,
  backends: config.backends,
});

function verified(
  { context }: RespondInput<Contract>,
  user: SavedUser,
  { backend, method, args }: AuthenticationResult,
) {
  const proof = method === 'password' ? { verified_user: user.uuid } : {};
  // The logged-in user has only confirmed their identity, so the plan gets no pending user.
  if (!context.pending_user) return pass<Contract>({ context: proof, verified: [CREDENTIAL] });
  return pass<Contract>({
    context: {
      ...proof,
      pending_user: { ...user, backend } as User,
      user_backend: backend,
      auth_method: context.auth_method ?? method,
      auth_method_args: { ...context.auth_method_args, ...args },
    },
    verified: [CREDENTIAL],
  });
}

function failedLogin(input: ChallengeInput<Contract>, { username }: User, cost: string): StageOutcome<Contract> {
  const stage = { app: APP, model_name: MODEL, name: input.step.name };
  return failedAttempt(
    input,
    { password: [{ code: 'password_invalid' }] },
    {
      cost,
      failed: [CREDENTIAL],
      effects: [
        { type: 'event', action: 'login_failed', context: { username, password: REDACTED, stage } },
        { type: 'reputation', identifier: username, delta: -1 },
      ],
    },
  );
}

type FailureRecord = Pick<Parameters<typeof deny<Contract>>[0] & object, 'failed' | 'effects' | 'cost'>;

/**
 * Counts a failure in the state of the step, and rejects the response. The last allowed failure ends the flow with a
 * reason for pages, and since 2026.8 with a message (docs/spec/stages.md#password-failures).
 */
function failedAttempt(
  { config, state, apiVersion }: ChallengeInput<Contract>,
  errors: StageErrors<Contract>,
  record: FailureRecord,
) {
  const failures = (state?.failures ?? 0) + 1;
  if (failures >= config.failed_attempts_before_cancel) {
    const message = apiVersion === '2026.8' ? { message: { code: 'password_invalid' as const } } : {};
    return deny<Contract>({ ...record, ...message, reason: TOO_MANY_ATTEMPTS });
  }
  return reject<Contract>(errors, { ...record, state: { failures } });
}

/** Returns the absolute URL of a flow, as authentik does. The URL keeps the query, so that `next` is not lost. */
function absoluteFlowUrl(base: string, slug: string, query: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(query).toString();
  return `${base.replace(/\/+$/, '')}/if/flow/${slug}/${search && `?${search}`}`;
}
