import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import type { MailLimits } from '@gatehouse/stage-kit';
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
import { isProvedOwner } from '../validate/device-details.js';
import { authenticatorEmailContract } from './authenticator-email.contract.js';
import { addressOf } from './email-address-index.js';
import { matchesSentEmail, newEmailCode } from './email-codes.js';
import { codeMail, type EmailSettings, lifetimeOf } from './email-mail.js';
import { MAIL_LIMITS } from './mail-limits.js';
import { HIDDEN_ADDRESS, maskAddress } from './mask-address.js';

type Kind = 'email';
const REFUSALS = { early: 'authenticator_validate_sms_early', limit: 'authenticator_validate_email_unsent' } as const;

/**
 * Factor of mailed codes. When the user chooses the entry, it mails a code to the most recently used address. It uses
 * the settings of the stage that set up the address (docs/spec/mfa.md#email).
 */
@Injectable()
export class EmailFactor extends Factor<Kind> {
  readonly deviceClass = 'email';
  readonly field = 'code';

  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(MAIL_LIMITS) private readonly limits: MailLimits,
  ) {
    super();
  }

  offer({ input, devices }: FactorContext<Kind>): DeviceOffer<Kind> | undefined {
    for (const device of devices) {
      const address = settingsOf(input, device) && addressOf(device);
      if (address === undefined) continue;
      const email = isProvedOwner(input) ? maskAddress(address) : HIDDEN_ADDRESS;
      return { uid: String(device.pk), challenge: { email }, devices: [device] };
    }
    return undefined;
  }

  override choose({
    input,
    memory,
    offer,
    user,
  }: FactorContext<Kind> & { offer: DeviceOffer<Kind> }): ChoiceResult<Kind> {
    const [device] = offer.devices;
    const settings = device && settingsOf(input, device);
    const address = device && addressOf(device);
    if (!settings || address === undefined || !user) return { refused: { code: 'authenticator_validate_choice' } };
    const lifetimeS = lifetimeOf(settings, this.limits);
    const code = newEmailCode({ to: device.id, previous: memory, lifetimeS }, this.limits);
    if ('refused' in code) return { refused: { code: REFUSALS[code.refused] } };
    if ('kept' in code) return { memory: code.kept };
    const mail = codeMail(input, { settings, user, address, digits: code.digits, lifetimeS });
    return { memory: code.sent, effects: [mail] };
  }

  /** Without a code that was sent, no answer can be right. */
  override resembles({ answer, memory }: FactorAnswer<Kind>): boolean {
    return memory !== undefined && isShortNumber(answer);
  }

  async verify({ offer, memory, answer }: FactorAnswer<Kind>): Promise<ProofVerdict<Kind>> {
    const device = offer.devices.find(({ id }) => id === memory?.to);
    const isRight = device && memory && matchesSentEmail(memory, normalizeDigits(String(answer)));
    if (isRight && (await this.devices.recordUse(device))) return { type: 'right', device };
    const tried = memory && { ...memory, tries: memory.tries + 1 };
    return { type: 'wrong', message: { code: 'authenticator_validate_code' }, guessed: true, memory: tried };
  }
}

/** Returns the current settings of the device's stage, or `undefined` if the stage was deleted. */
function settingsOf({ companions }: FactorContext<Kind>['input'], { stage }: Device): EmailSettings | undefined {
  const companion = stage === null ? undefined : companions[stage];
  return companion && authenticatorEmailContract.config.safeParse(companion.config).data;
}
