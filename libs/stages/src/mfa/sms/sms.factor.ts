import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { isShortNumber, normalizeDigits } from '../code.factor.js';
import {
  type ChoiceResult,
  type DeviceOffer,
  Factor,
  type FactorAnswer,
  type FactorContext,
  type ProofVerdict,
} from '../factor.js';
import { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { CodeSender } from './code-sender.js';
import { SmsNotSentError, type SmsSettings } from './http-sms-gateway.js';
import { phoneNumberOf } from './phone-number-index.js';
import { matchesSentCode } from './sms-code.js';

type Kind = 'sms';

/**
 * Factor of codes by text message. When the user chooses the entry, it sends a code to the most recently used phone. It
 * uses the settings of the stage that set up the phone (docs/spec/mfa.md#sms).
 */
@Injectable()
export class SmsFactor extends Factor<Kind> {
  readonly deviceClass = 'sms';
  readonly field = 'code';

  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(CodeSender) private readonly sender: CodeSender,
  ) {
    super();
  }

  offer({ input, devices }: FactorContext<Kind>): DeviceOffer<Kind> | undefined {
    const reachable = devices.find((device) => settingsOf(input, device) && phoneNumberOf(device) !== undefined);
    return reachable && { uid: String(reachable.pk), challenge: {}, devices: [reachable] };
  }

  override async choose({
    input,
    memory,
    offer,
    user,
  }: FactorContext<Kind> & { offer: DeviceOffer<Kind> }): Promise<ChoiceResult<Kind>> {
    const [device] = offer.devices;
    const settings = device && settingsOf(input, device);
    const number = device && phoneNumberOf(device);
    if (!settings || number === undefined || !user) return { refused: { code: 'authenticator_validate_choice' } };
    const recipient = { settings, number, boundTo: device.id, user: user.uuid, ip: input.client.ip };
    try {
      return { memory: await this.sender.send({ ...recipient, previous: memory, timeLeftMs: input.timeLeftMs }) };
    } catch (error) {
      if (!(error instanceof SmsNotSentError)) throw error;
      return {
        refused: { code: error.rateLimited ? 'authenticator_validate_sms_early' : 'authenticator_validate_sms_unsent' },
      };
    }
  }

  /** If no code was sent, no answer can be right. */
  override resembles({ answer, memory }: FactorAnswer<Kind>): boolean {
    return memory !== undefined && isShortNumber(answer);
  }

  async verify({ offer, memory, answer }: FactorAnswer<Kind>): Promise<ProofVerdict<Kind>> {
    const device = offer.devices.find(({ id }) => id === memory?.to);
    const isRight = device && memory && matchesSentCode(memory, normalizeDigits(String(answer)));
    if (isRight && (await this.devices.recordUse(device))) return { type: 'right', device };
    const tried = memory && { ...memory, tries: memory.tries + 1 };
    return { type: 'wrong', message: { code: 'authenticator_validate_code' }, guessed: true, memory: tried };
  }
}

/** Returns the current settings of the device's stage, or `undefined` if the stage was deleted. */
function settingsOf({ companions }: FactorContext<Kind>['input'], { stage }: Device): SmsSettings | undefined {
  const companion = stage === null ? undefined : companions[stage];
  return companion && authenticatorSmsContract.config.safeParse(companion.config).data;
}
