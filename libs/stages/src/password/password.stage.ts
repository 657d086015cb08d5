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
import { type AuthenticationResult, PasswordAuthenticator } from './password-authenticator.js';

type Contract = typeof passwordContract;

const CREDENTIAL = 'password';
const [APP, MODEL] = passwordContract.model.split('.');

/** Asks for the pending user's password and judges it; no answer tells who exists, is active or has a password. */
@Injectable()
export class PasswordStage implements Stage<Contract> {
  constructor(@Inject(PasswordAuthenticator) private readonly proof: PasswordAuthenticator) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const { config, site, query } = input;
    if (await this.isImpossible(input)) return deny({ message: { code: 'password_none' } });
    const { recovery } = site.flows;
    return ask<Contract>({
      allow_show_password: config.allow_show_password,
      ...(recovery === undefined ? {} : { recovery_url: absoluteFlowUrl(site.base_url, recovery, query) }),
    } satisfies Challenge<Contract>);
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const user = subjectUser(input);
    if (!user) return deny();
    const proof = await this.proof.of({
      userId: user.kind === 'saved' ? user.uuid : undefined,
      password: input.response.password,
      backends: input.config.backends,
      stillWanted: () => input.timeLeftMs() > 0,
    });
    return proof && user.kind === 'saved' ? proved(input, user, proof) : wrong(input, user);
  }

  /** Whether the logged-in user could only guess. Other visitors are asked anyway, so that they learn nothing. */
  private async isImpossible({ config, context, session }: ChallengeInput<Contract>): Promise<boolean> {
    const { user } = session;
    const { pending_user: pending = user } = context;
    if (config.without_password === 'ask' || user?.kind !== 'saved') return false;
    if (pending?.kind !== 'saved' || pending.uuid !== user.uuid) return false;
    return !(await this.proof.isPossible(user.uuid));
  }

  /** An answer without a usable password is a failure like any other, though no guess. */
  /**
   * Refuses an answer without a usable password. On its own form that is a wrong field, which counts as a failure of the step
   * alone. Inside another step the host has no such field error, so it is a failed login like a wrong password
   * (docs/spec/stages.md#identification-answer).
   */
  refuse(input: ChallengeInput<Contract>, errors: Errors): StageOutcome<Contract> {
    const user = subjectUser(input);
    return input.step.embedded && user ? wrong(input, user) : failedAttempt(input, errors as StageErrors<Contract>, {});
  }
}

/** Whom the flow is about, else who is logged in: they show that it is still they. */
const subjectUser = ({ context, session }: ChallengeInput<Contract>): User | null =>
  context.pending_user ?? session.user;

function proved({ context }: RespondInput<Contract>, user: SavedUser, { backend, method, args }: AuthenticationResult) {
  const proof = method === 'password' ? { verified_user: user.uuid } : {};
  // A proof of who is logged in already is no login of theirs.
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

function wrong(input: ChallengeInput<Contract>, { username }: User): StageOutcome<Contract> {
  const stage = { app: APP, model_name: MODEL, name: input.step.name };
  return failedAttempt(
    input,
    { password: [{ code: 'password_invalid' }] },
    {
      failed: [CREDENTIAL],
      effects: [
        { type: 'event', action: 'login_failed', context: { username, password: REDACTED, stage } },
        { type: 'reputation', identifier: username, delta: -1 },
      ],
    },
  );
}

type Recorded = Pick<Parameters<typeof deny<Contract>>[0] & object, 'failed' | 'effects'>;

/**
 * Counts in the step's own state; the last failure ends the flow without a word
 * (docs/spec/stages.md#password-failures).
 */
function failedAttempt({ config, state }: ChallengeInput<Contract>, errors: StageErrors<Contract>, recorded: Recorded) {
  const failures = (state?.failures ?? 0) + 1;
  if (failures >= config.failed_attempts_before_cancel) return deny<Contract>(recorded);
  return reject<Contract>(errors, { ...recorded, state: { failures } });
}

/** Absolute, as clients have always seen it; the query goes along, so that the visitor still gets to where they wanted to go. */
function absoluteFlowUrl(base: string, slug: string, query: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(query).toString();
  return `${base.replace(/\/+$/, '')}/if/flow/${slug}/${search && `?${search}`}`;
}
