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
import { DEFAULT_NAMES } from '../default-names.js';
import { DeviceSetupStage, deviceAddedOutcome } from '../device-setup.stage.js';
import type { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { CodeSender } from './code-sender.js';
import { SmsNotSentError } from './http-sms-gateway.js';
import { normalizePhoneNumber } from './normalize-phone-number.js';
import { PhoneNumberIndex } from './phone-number-index.js';
import { isUnexpired, matchesSentCode, type SentCode } from './sms-code.js';

type Contract = typeof authenticatorSmsContract;
type PendingDevice = State<Contract>;

const NAME = DEFAULT_NAMES.sms;
const TOO_EARLY = 'authenticator_sms_early';

/** Asks for a phone number, sends a code to the number, and adds the device when the visitor enters the right code. */
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
    const pending = pendingDeviceOf(input);
    const promptedNumber = numberFromPrompt(input);
    if (pending.sent || promptedNumber === undefined || pending.useless === promptedNumber) return show(pending);
    // The step has no saved state yet, and only one of two concurrent requests will save one. The code is derived from
    // the request id, so that both requests send the same code.
    const request = input.state ? {} : { requestId: input.id };
    const sent = await this.sendCode(input, owner, { enteredNumber: promptedNumber, ...request });
    return show('code' in sent ? { ...pending, sent } : { ...pending, useless: promptedNumber });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const { code, phone_number: number } = input.response;
    if (code !== undefined) return this.verifyCode(input, owner, code);
    if (number === undefined) return refuse('authenticator_sms_number_needed', pendingDeviceOf(input));
    const sent = await this.sendCode(input, owner, { enteredNumber: number });
    // Without an `errors` member, clients would think that the step is completed.
    if ('code' in sent) return { ...show({ ...pendingDeviceOf(input), sent }), errors: {} };
    return sent.refused === TOO_EARLY ? tooEarly(pendingDeviceOf(input)) : refuse(sent.refused, pendingDeviceOf(input));
  }

  /** Sends a code to the entered number. Returns the sent code, or an error code if no code was sent. */
  private async sendCode(
    input: ChallengeInput<Contract>,
    { uuid: user }: SavedUser,
    { enteredNumber, ...request }: { enteredNumber: string; requestId?: string },
  ): Promise<SentCode | { refused: ErrorCode<Contract> }> {
    const { config: settings, client, state } = input;
    const number = normalizePhoneNumber(enteredNumber);
    if (number === undefined || (await this.numbers.isRegistered(stageOf(input), number)))
      return { refused: 'authenticator_sms_number' };
    try {
      const recipient = { settings, number, boundTo: number, user, ip: client.ip };
      const { timeLeftMs } = input;
      return await this.sender.send({ ...recipient, previous: state?.sent, ...request, timeLeftMs });
    } catch (error) {
      if (!(error instanceof SmsNotSentError)) throw error;
      return { refused: error.rateLimited ? TOO_EARLY : 'authenticator_sms_unsent' };
    }
  }

  private async verifyCode(
    input: RespondInput<Contract>,
    { uuid: user }: SavedUser,
    code: string,
  ): Promise<StageOutcome<Contract>> {
    const { sent, ...rest } = pendingDeviceOf(input);
    if (!sent || !matchesSentCode(sent, code)) {
      const tried = sent && { ...sent, tries: sent.tries + 1 };
      // If the code is no longer valid, ask for the number again.
      const next = tried && isUnexpired(tried) ? { ...rest, sent: tried } : rest;
      return refuse('authenticator_sms_code', next, { failed: sent ? ['sms_setup'] : [] });
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
    return pass<Contract>({ ...deviceAddedOutcome(input, { kind: 'sms', name: NAME, pk }), verified: ['sms_setup'] });
  }
}

const show = (state: PendingDevice) => ask<Contract>({ phone_number_required: state.sent === undefined }, { state });

const refuse = (code: ErrorCode<Contract>, state: PendingDevice, rest: { failed?: string[] } = {}) =>
  reject<Contract>({ non_field_errors: [{ code }] }, { state, ...rest });

/** Returns the challenge again instead of a rejection, so that a code from a concurrent request stays valid. */
const tooEarly = (state: PendingDevice) => ({
  ...show(state),
  errors: { non_field_errors: [{ code: TOO_EARLY }] } satisfies StageErrors<Contract>,
});

const pendingDeviceOf = ({ state }: ChallengeInput<Contract>): PendingDevice => state ?? { id: randomUUID() };

/** Returns the id of the stage. The device stores this id, so that a login can find the stage's settings. */
const stageOf = ({ step }: ChallengeInput<Contract>): string => step.stage ?? step.id;

/** Returns the number that an earlier prompt stage has collected. */
function numberFromPrompt({ context }: ChallengeInput<Contract>): string | undefined {
  const phone = context.prompt_data?.['phone'];
  return typeof phone === 'string' && phone !== '' ? phone : undefined;
}
