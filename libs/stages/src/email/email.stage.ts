import { ask, deny, pass, reject, type StageOutcome, type State, type User } from '@gatehouse/contracts';
import { AccountActivation } from '@gatehouse/directory';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { MailLimits } from './email.config.js';
import { EMAIL_CODE, type emailContract } from './email.contract.js';
import { createCode, matchesCode } from './email-code.js';
import { buildMail, recipientAddress } from './email-mail.js';

type Contract = typeof emailContract;

/** What clients know by its code, in any language. */
const SENT = { text: 'email-sent', wire: 'email-sent' };

/** Injects the limits. */
export const MAIL_LIMITS = Symbol('mail limits');

/** Mails a link and a code, and waits for either; no answer tells whether there was anybody to write to. */
@Injectable()
export class EmailStage implements Stage<Contract> {
  constructor(
    @Inject(AccountActivation) private readonly activations: AccountActivation,
    @Inject(MAIL_LIMITS) private readonly limits: MailLimits,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const user = input.context.pending_user;
    if (!user) return noRecipient();
    if (followedLink(input, user)) return this.proved(input, user);
    return ask<Contract>({}, this.isDue(input, user) ? this.mailing(input, user) : {});
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { context, response } = input;
    const user = context.pending_user;
    if (!user) return noRecipient();
    if (followedLink(input, user)) return this.proved(input, user);
    const { code } = response;
    return code ? this.judged(input, user, code) : this.again(input, user);
  }

  private async judged(input: RespondInput<Contract>, user: User, code: string): Promise<StageOutcome<Contract>> {
    const { state } = input;
    // Judged for whoever cannot be right as well, so that it takes no less time.
    const isRight = state !== undefined && matchesCode(code, state) && Date.now() < state.code_until;
    const isReader = state !== undefined && state.address !== '' && state.address === recipientAddress(input, user);
    if (isRight && isReader)
      return this.proved(input, user, { verified: [EMAIL_CODE], effects: [{ type: 'link_used' }] });
    return reject<Contract>({ code: [{ code: 'email_code_invalid' }] }, { failed: [EMAIL_CODE] });
  }

  /**
   * Refuses an answer without a code, in the same words whether another mail goes out or not
   * (docs/spec/stages.md#email-resend). Where that starts the flow over, the mail waits until the flow comes back to
   * this step.
   */
  private again(input: RespondInput<Contract>, user: User): StageOutcome<Contract> {
    const { state, step } = input;
    const errors = { non_field_errors: [SENT] };
    if (step.starts_over) return reject<Contract>(errors, state ? { state: { ...state, wanted: true } } : {});
    const isAllowed = !state || (this.mayMailMore(state) && this.isRested(state));
    return reject<Contract>(errors, isAllowed ? this.mailing(input, user) : {});
  }

  /** Whether showing the step sends a mail: the first one, one to another address, or one that was asked for. */
  private isDue(input: ChallengeInput<Contract>, user: User): boolean {
    const { state } = input;
    if (!state) return true;
    const isWanted = state.address !== recipientAddress(input, user) || (state.wanted === true && this.isRested(state));
    return isWanted && this.mayMailMore(state);
  }

  private mayMailMore({ mails }: State<Contract>): boolean {
    return mails < this.limits.mails;
  }

  private isRested({ sent_at }: State<Contract>): boolean {
    return Date.now() >= sent_at + this.limits.resendS * 1000;
  }

  /** A mail with a fresh code, and what is remembered of it. */
  private mailing(input: ChallengeInput<Contract>, user: User) {
    const { state, config } = input;
    const [address, now] = [recipientAddress(input, user), Date.now()];
    const { digits, kept } = createCode();
    const kept_s = Math.min(this.limits.codeS, config.token_expiry * 60);
    return {
      state: {
        ...kept,
        address,
        sent_at: now,
        mails: (state?.mails ?? 0) + 1,
        code_until: now + kept_s * 1000,
      } satisfies State<Contract>,
      effects: [buildMail(input, { user, address, digits, limits: this.limits })],
    };
  }

  private async proved(
    input: ChallengeInput<Contract>,
    user: User,
    by: Omit<Parameters<typeof pass<Contract>>[0] & object, 'context'> = {},
  ): Promise<StageOutcome<Contract>> {
    const { config, flow } = input;
    const waits = config.activate_user_on_success && user.kind === 'saved' && !user.is_active;
    const isActivated = waits && (await this.activations.activate(user.uuid, flow.id));
    const active = isActivated ? { pending_user: { ...user, is_active: true } } : {};
    return pass<Contract>({ ...by, context: { ...provedReader(input, user), ...active } });
  }
}

/** A mailbox proves its owner. One that the flow names instead of the user's own may be anybody's. */
const provedReader = (input: ChallengeInput<Contract>, user: User) =>
  user.kind === 'saved' && recipientAddress(input, user) === user.email ? { verified_user: user.uuid } : {};

const noRecipient = () => deny<Contract>({ message: { code: 'email_no_user' } });

/**
 * The link of this very step, of this very user and of where they are written to now, and somebody who has said that it was
 * they who followed it. What an operator made for a user was mailed nowhere; it counts for them.
 */
function followedLink(input: ChallengeInput<Contract>, user: User): boolean {
  const { context, step, state } = input;
  const { is_restored: link } = context;
  if (!link || link.step !== step.id || !step.confirmed) return false;
  const isTheirs = link.user === (user.kind === 'saved' ? user.uuid : null);
  return isTheirs && (state ? state.address === recipientAddress(input, user) : user.kind === 'saved');
}
