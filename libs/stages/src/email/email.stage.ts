import { ask, deny, pass, reject, type StageOutcome, type State, type User } from '@gatehouse/contracts';
import { Activations } from '@gatehouse/directory';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { MailLimits } from './email.config.js';
import { EMAIL_CODE, type emailContract } from './email.contract.js';
import { drawCode, isCode } from './email-code.js';
import { addressOf, mailOf } from './email-mail.js';

type Contract = typeof emailContract;

/** What clients know by its code, in any language. */
const SENT = { text: 'email-sent', wire: 'email-sent' };

/** Injects the limits. */
export const MAIL_LIMITS = Symbol('mail limits');

/** Mails a link and a code, and waits for either; no answer tells whether there was anybody to write to. */
@Injectable()
export class EmailStage implements Stage<Contract> {
  constructor(
    @Inject(Activations) private readonly activations: Activations,
    @Inject(MAIL_LIMITS) private readonly limits: MailLimits,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const { context, state } = input;
    const user = context.pending_user;
    if (!user) return nobody();
    if (followedLink(input, user)) return this.proved(input, user);
    const isOver = state && (state.address === addressOf(input, user) || state.mails >= this.limits.mails);
    return isOver ? ask<Contract>({}) : this.sent(input, user);
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { context, response } = input;
    const user = context.pending_user;
    if (!user) return nobody();
    const { code } = response;
    return code ? this.judged(input, user, code) : this.again(input, user);
  }

  private async judged(input: RespondInput<Contract>, user: User, code: string): Promise<StageOutcome<Contract>> {
    const { state } = input;
    // Judged for whoever cannot be right as well, so that it takes no less time.
    const isRight = state !== undefined && isCode(code, state) && Date.now() < state.code_until;
    const isReader = state !== undefined && state.address !== '' && state.address === addressOf(input, user);
    if (isRight && isReader)
      return this.proved(input, user, { verified: [EMAIL_CODE], effects: [{ type: 'link_used' }] });
    return reject<Contract>({ code: [{ code: 'email_code_invalid' }] }, { failed: [EMAIL_CODE] });
  }

  /** Another mail, unless the last one is too recent or there were too many; what is said is the same (02-stages §13.4). */
  private again(input: RespondInput<Contract>, user: User): StageOutcome<Contract> {
    const { state } = input;
    const errors = { non_field_errors: [SENT] };
    const mayNot =
      state && (state.mails >= this.limits.mails || Date.now() < state.sent_at + this.limits.resendS * 1000);
    return mayNot ? ask<Contract>({}, { errors }) : { ...this.sent(input, user), errors };
  }

  private sent(input: ChallengeInput<Contract>, user: User) {
    const { state, config } = input;
    const [address, now] = [addressOf(input, user), Date.now()];
    const { digits, kept } = drawCode();
    const kept_s = Math.min(this.limits.codeS, config.token_expiry * 60);
    return ask<Contract>(
      {},
      {
        state: {
          ...kept,
          address,
          sent_at: now,
          mails: (state?.mails ?? 0) + 1,
          code_until: now + kept_s * 1000,
        } satisfies State<Contract>,
        effects: [mailOf(input, { user, address, digits, limits: this.limits })],
      },
    );
  }

  private async proved(
    { config, flow }: ChallengeInput<Contract>,
    user: User,
    by: Omit<Parameters<typeof pass<Contract>>[0] & object, 'context'> = {},
  ): Promise<StageOutcome<Contract>> {
    const waits = config.activate_user_on_success && user.kind === 'saved' && !user.is_active;
    if (!waits || !(await this.activations.activate(user.uuid, flow.id))) return pass<Contract>(by);
    return pass<Contract>({ ...by, context: { pending_user: { ...user, is_active: true } } });
  }
}

const nobody = () => deny<Contract>({ message: { code: 'email_no_user' } });

/**
 * The link of this very step, of this very user and of where they are written to now, and somebody who has said that it was
 * they who followed it. What an operator made for a user was mailed nowhere; it counts for them.
 */
function followedLink(input: ChallengeInput<Contract>, user: User): boolean {
  const { context, step, state } = input;
  const { is_restored: link } = context;
  if (!link || link.step !== step.id || !step.confirmed) return false;
  const isTheirs = link.user === (user.kind === 'saved' ? user.uuid : null);
  return isTheirs && (state ? state.address === addressOf(input, user) : user.kind === 'saved');
}
