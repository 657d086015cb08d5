import {
  ask,
  deny,
  pass,
  reject,
  type StageOutcome,
  type State,
  sentence,
  toast,
  type User,
} from '@gatehouse/contracts';
import { AccountActivation } from '@gatehouse/directory';
import {
  type ChallengeInput,
  createCode,
  type MailLimits,
  matchesCode,
  type RespondInput,
  type Stage,
} from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { EMAIL_CODE, type emailContract } from './email.contract.js';
import { buildMail, linkLifetimeS, recipientAddress } from './email-mail.js';

type Contract = typeof emailContract;

/** The error after a requested mail. Clients recognise its text `email-sent`. */
const SENT = { text: 'email-sent', wire: 'email-sent' };

const SENT_TOAST = sentence('Email Successfully sent.');
const VERIFIED_TOAST = sentence('Successfully verified Email.');

/** Error that says that the limit of mails is reached. */
const UNSENT = { non_field_errors: [{ code: 'email_unsent' as const }] };

/** Injection token of the limits on mails and codes. */
export const MAIL_LIMITS = Symbol('mail limits');

/**
 * Mails a link and a code, and passes when the visitor uses either. The replies do not reveal whether the mail has a
 * recipient.
 */
@Injectable()
export class EmailStage implements Stage<Contract> {
  constructor(
    @Inject(AccountActivation) private readonly activations: AccountActivation,
    @Inject(MAIL_LIMITS) private readonly limits: MailLimits,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const user = input.context.pending_user;
    if (!user) return noUser();
    if (followedLink(input, user)) return this.passed(input, user);
    if (!this.isMailRequested(input, user)) return ask<Contract>({});
    const isResend = input.state?.wanted === true;
    return ask<Contract>(
      {},
      this.hasMailsLeft(input.state) ? this.newMail(input, user, { isResend }) : { errors: UNSENT },
    );
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const { context, response } = input;
    const user = context.pending_user;
    if (!user) return noUser();
    if (followedLink(input, user)) return this.passed(input, user);
    const { code } = response;
    return code ? this.checkCode(input, user, code) : this.resend(input, user);
  }

  private async checkCode(input: RespondInput<Contract>, user: User, code: string): Promise<StageOutcome<Contract>> {
    const { state } = input;
    // Compares the code even if the mail had no recipient, which prevents a timing attack.
    const isRight = state !== undefined && matchesCode(code, state) && Date.now() < state.code_until;
    const isRecipient = state !== undefined && state.address !== '' && state.address === recipientAddress(input, user);
    if (isRight && isRecipient)
      return this.passed(input, user, { verified: [EMAIL_CODE], effects: [{ type: 'link_used' }] });
    return reject<Contract>({ code: [{ code: 'email_code_invalid' }] }, { failed: [EMAIL_CODE] });
  }

  /**
   * Sends another mail for a response without a code, and rejects the response with `email-sent`. The error is the same
   * if the last mail is too recent to send another one (docs/spec/stages.md#email-resend). If the rejection restarts
   * the flow, the stage sends the mail when the flow has returned to this step.
   */
  private resend(input: RespondInput<Contract>, user: User): StageOutcome<Contract> {
    const { state, step } = input;
    const sent = { non_field_errors: [SENT] };
    if (step.starts_over) return reject<Contract>(sent, state ? { state: { ...state, wanted: true } } : {});
    if (!this.hasMailsLeft(state)) return reject<Contract>(UNSENT);
    const isEarly = state !== undefined && !this.isPauseOver(state);
    const mail = isEarly ? { effects: [] } : this.newMail(input, user, { isResend: true });
    return reject<Contract>(sent, { ...mail, effects: [...mail.effects, toast('success', SENT_TOAST)] });
  }

  /**
   * Returns whether a GET should send a mail: no mail was sent yet, the address has changed, or the visitor asked for
   * another mail with the response that restarted the flow (`wanted`), and the pause since the last mail is over.
   */
  private isMailRequested(input: ChallengeInput<Contract>, user: User): boolean {
    const { state } = input;
    if (!state) return true;
    return state.address !== recipientAddress(input, user) || (state.wanted === true && this.isPauseOver(state));
  }

  private hasMailsLeft(state: State<Contract> | undefined): boolean {
    return state === undefined || state.mails < this.limits.mails;
  }

  private isPauseOver({ sent_at }: State<Contract>): boolean {
    return Date.now() >= sent_at + this.limits.resendS * 1000;
  }

  /**
   * Returns a mail with a new code, and the state that stores the hash of that code. `isResend`: whether the visitor
   * has asked for it. 2024.8 does not limit these mails separately.
   */
  private newMail(input: ChallengeInput<Contract>, user: User, { isResend }: { readonly isResend: boolean }) {
    const { state, config } = input;
    const [address, now] = [recipientAddress(input, user), Date.now()];
    const { digits, stored } = createCode();
    const lifetimeS = Math.min(this.limits.codeS, linkLifetimeS(config));
    const isLimited = isResend && input.apiVersion !== '2024.8';
    return {
      state: {
        ...stored,
        address,
        sent_at: now,
        mails: (state?.mails ?? 0) + 1,
        code_until: now + lifetimeS * 1000,
      } satisfies State<Contract>,
      effects: [buildMail(input, { user, address, digits, limits: this.limits, isResend: isLimited })],
    };
  }

  private async passed(
    input: ChallengeInput<Contract>,
    user: User,
    result: Omit<Parameters<typeof pass<Contract>>[0] & object, 'context'> = {},
  ): Promise<StageOutcome<Contract>> {
    const { config, flow } = input;
    // Records the address as verified only if the mail went to it. A recovery link that an operator or a superuser
    // hands over in another way (docs/spec/http.md#recovery-links) has no address, so it proves none. A preview sends
    // no mail either.
    const isMailed = user.kind === 'saved' && mailedAddress(input) === user.email && user.email !== '';
    if (isMailed && !input.preview) await this.activations.recordVerified(user.uuid, user.email);
    const canActivate = config.activate_user_on_success && user.kind === 'saved' && !user.is_active;
    const isActivated = canActivate && (await this.activations.activate(user.uuid, flow.id));
    const activatedUser = isActivated ? { pending_user: { ...user, is_active: true } } : {};
    const effects = [...(result.effects ?? []), toast('success', VERIFIED_TOAST)];
    return pass<Contract>({ ...result, effects, context: { ...verifiedUser(input, user), ...activatedUser } });
  }
}

/** Returns the address of the last mail of the stage, or of the mail with which a superuser has sent the link. */
const mailedAddress = ({ state, context, step }: ChallengeInput<Contract>): string | undefined =>
  state ? state.address : context.is_restored?.step === step.id ? context.is_restored.address : undefined;

/**
 * Returns the context change that marks a saved user as verified. Changes nothing if the plan mails to another address
 * than the user's, because that address may belong to another person.
 */
const verifiedUser = (input: ChallengeInput<Contract>, user: User) =>
  user.kind === 'saved' && recipientAddress(input, user) === user.email ? { verified_user: user.uuid } : {};

const noUser = () =>
  deny<Contract>({
    message: { code: 'email_no_user' },
    effects: [toast('error', sentence('No pending user.'))],
  });

/**
 * Returns whether the visitor has followed and confirmed the link of this step, for this user and their current
 * address. Without a state the stage has sent no mail: an operator or a superuser has created the link
 * (docs/spec/http.md#recovery-links). Then only the user must match. If a superuser has mailed the link, the gateway has
 * compared the address.
 */
function followedLink(input: ChallengeInput<Contract>, user: User): boolean {
  const { context, step, state } = input;
  const { is_restored: link } = context;
  if (!link || link.step !== step.id || !step.confirmed) return false;
  const isForUser = link.user === (user.kind === 'saved' ? user.uuid : null);
  return isForUser && (state ? state.address === recipientAddress(input, user) : user.kind === 'saved');
}
