import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import {
  ask,
  type ErrorCode,
  pass,
  reject,
  type SavedUser,
  type StageErrors,
  type StageOutcome,
  type State,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { DeviceSetupStage, deviceAdded } from '../device-setup.stage.js';
import type { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { CodeSender } from './code-sender.js';
import { normalizePhoneNumber } from './normalize-phone-number.js';
import { PhoneNumberIndex } from './phone-number-index.js';
import { isUnexpired, matchesSentCode, type SentCode } from './sms-code.js';
import { SmsNotSentError } from './sms-gateway.js';

type Contract = typeof authenticatorSmsContract;
type Half = State<Contract>;

const NAME = 'SMS Device';
const EARLY = 'authenticator_sms_early';

/** Asks for a number, sends a code to it, and keeps the number that the code came back for. */
@Injectable()
export class AuthenticatorSmsStage extends DeviceSetupStage<Contract> {
  constructor(
    @Inject(DeviceRepository) devices: DeviceRepository,
    @Inject(PhoneNumberIndex) private readonly numbers: PhoneNumberIndex,
    @Inject(CodeSender) private readonly sender: CodeSender,
  ) {
    super(devices);
  }

  protected async begin(input: ChallengeInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const half = halfOf(input);
    const given = numberOfPrompt(input);
    if (half.sent || given === undefined || half.useless === given) return show(half);
    // Nothing is kept of the step yet: of two that begin it at once either may be the one that is kept.
    const work = input.state ? {} : { work: input.id };
    const sent = await this.sent(input, owner, { given, ...work });
    return show('code' in sent ? { ...half, sent } : { ...half, useless: given });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const { code, phone_number: number } = input.response;
    if (code !== undefined) return this.prove(input, owner, code);
    if (number === undefined) return refuse('authenticator_sms_number_needed', halfOf(input));
    const sent = await this.sent(input, owner, { given: number });
    // Clients take an answer without errors for a step that is done.
    if ('code' in sent) return { ...show({ ...halfOf(input), sent }), errors: {} };
    return sent.refused === EARLY ? tooEarly(halfOf(input)) : refuse(sent.refused, halfOf(input));
  }

  /** The code that counts for a number; what is said where there is none. */
  private async sent(
    input: ChallengeInput<Contract>,
    { uuid: user }: SavedUser,
    { given, ...rest }: { given: string; work?: string },
  ): Promise<SentCode | { refused: ErrorCode<Contract> }> {
    const { config: settings, client, state } = input;
    const number = normalizePhoneNumber(given);
    if (number === undefined || (await this.numbers.isTaken(stageOf(input), number)))
      return { refused: 'authenticator_sms_number' };
    try {
      const wanted = { settings, number, to: number, user, ip: client.ip, before: state?.sent, ...rest };
      return await this.sender.send({ ...wanted, timeoutMs: input.timeLeftMs() });
    } catch (error) {
      if (!(error instanceof SmsNotSentError)) throw error;
      return { refused: error.early ? EARLY : 'authenticator_sms_unsent' };
    }
  }

  private async prove(
    input: RespondInput<Contract>,
    { uuid: user }: SavedUser,
    code: string,
  ): Promise<StageOutcome<Contract>> {
    const { sent, ...rest } = halfOf(input);
    if (!sent || !matchesSentCode(sent, code)) {
      const tried = sent && { ...sent, tries: sent.tries + 1 };
      // A code that can never be right again is asked for anew, from the number on.
      const half = tried && isUnexpired(tried) ? { ...rest, sent: tried } : rest;
      return refuse('authenticator_sms_code', half, { failed: sent ? ['sms_setup'] : [] });
    }
    const [stage, number] = [stageOf(input), sent.to];
    const pk = await this.devices.add({
      ...{
        id: rest.id,
        user,
        kind: 'sms',
        name: NAME,
        stage,
        handle: this.numbers.handleOf(stage, number),
      },
      ...(input.config.verify_only ? {} : { secret: { number } }),
      facts: { ending: number.slice(-2), verified_only: input.config.verify_only },
    });
    if (pk === undefined) return refuse('authenticator_sms_number', rest);
    return pass<Contract>({ ...deviceAdded(input, { kind: 'sms', name: NAME, pk }), verified: ['sms_setup'] });
  }
}

const show = (state: Half) => ask<Contract>({ phone_number_required: state.sent === undefined }, { state });

const refuse = (code: ErrorCode<Contract>, state: Half, rest: { failed?: string[] } = {}) =>
  reject<Contract>({ non_field_errors: [{ code }] }, { state, ...rest });

/** No refusal: it changes nothing, so that the code counts that another answer of the same moment has sent. */
const tooEarly = (state: Half) => ({
  ...show(state),
  errors: { non_field_errors: [{ code: EARLY }] } satisfies StageErrors<Contract>,
});

const halfOf = ({ state }: ChallengeInput<Contract>): Half => state ?? { id: randomUUID() };

/** The stage that devices are made by, and go on being served by. */
const stageOf = ({ step }: ChallengeInput<Contract>): string => step.stage ?? step.id;

/** The number that a prompt has asked for already. */
function numberOfPrompt({ context }: ChallengeInput<Contract>): string | undefined {
  const given = context.prompt_data?.['phone'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}
