import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import {
  ask,
  deny,
  type ErrorCode,
  isMailAddress,
  pass,
  reject,
  type SavedUser,
  type StageErrors,
  type StageOutcome,
  type State,
} from '@gatehouse/contracts';
import type { ChallengeInput, MailLimits, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { normalizeDigits } from '../code.factor.js';
import { DEFAULT_NAMES } from '../default-names.js';
import { DeviceSetupStage, deviceAddedOutcome } from '../device-setup.stage.js';
import type { authenticatorEmailContract } from './authenticator-email.contract.js';
import { EmailAddressIndex, storedAddress } from './email-address-index.js';
import { isUnexpired, matchesSentEmail, newEmailCode } from './email-codes.js';
import { codeMail, lifetimeOf } from './email-mail.js';
import { MAIL_LIMITS } from './mail-limits.js';
import { maskAddress } from './mask-address.js';

type Contract = typeof authenticatorEmailContract;
type Input = ChallengeInput<Contract>;
type PendingDevice = State<Contract>;

const NAME = DEFAULT_NAMES.email;
const REFUSALS = { early: 'authenticator_email_early', limit: 'authenticator_email_unsent' } as const;

/** The address to prove, and whether it is the address of the account. */
interface KnownAddress {
  readonly address: string;
  readonly isOfAccount: boolean;
}

/**
 * Mails a code to the user's address, and adds the address as a device when the visitor enters the right code. A
 * visitor cannot choose another address while one is known, because the password alone must not be enough to enrol a
 * second factor that the visitor controls (docs/spec/mfa.md#email-setup).
 */
@Injectable()
export class AuthenticatorEmailStage extends DeviceSetupStage<Contract> {
  constructor(
    @Inject(DeviceRepository) devices: DeviceRepository,
    @Inject(EmailAddressIndex) private readonly addresses: EmailAddressIndex,
    @Inject(MAIL_LIMITS) private readonly limits: MailLimits,
  ) {
    super(devices);
  }

  protected async begin(input: Input, owner: SavedUser): Promise<StageOutcome<Contract>> {
    if (await this.isRegistered(input, owner)) return deny<Contract>(REGISTERED);
    const { rejected, ...pending } = pendingDeviceOf(input);
    const known = knownAddressOf(input, owner, pending);
    if (!known) return askForAddress(pending);
    const { address, isOfAccount } = known;
    if (pending.sent?.to === address && isUnexpired(pending.sent)) return askForCode(address, { state: pending });
    if (await this.addresses.isRegistered(stageOf(input), address))
      return isOfAccount ? deny<Contract>(TAKEN) : askForAddress({ ...pending, useless: address });
    // A rejection sends no mail. If a mail limit were reached, the gateway would drop the state of the reply, and with
    // it the number of tries.
    if (rejected) return askForCode(address, { state: pending });
    return this.send(input, { owner, address, pending });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    if (await this.isRegistered(input, owner)) return deny<Contract>(REGISTERED);
    const pending = pendingDeviceOf(input);
    const { code, email } = input.response;
    const known = knownAddressOf(input, owner, pending);
    if (code !== undefined) return this.verify(input, { code, owner, known, pending });
    if (email === undefined) return refuse('authenticator_email_needed', pending);
    const address = known?.address ?? email;
    if (!isMailAddress(address)) return refuse('authenticator_email_address', pending);
    if (await this.addresses.isRegistered(stageOf(input), address)) return refuseTaken(address, known, pending);
    const outcome = this.send(input, { owner, address, pending: known ? pending : { ...pending, typed: address } });
    // Without an `errors` member, clients would think that the step is completed.
    return { errors: {}, ...outcome };
  }

  private async isRegistered(input: Input, owner: SavedUser): Promise<boolean> {
    const devices = await this.otherDevices(input, owner);
    return devices.some(({ kind, stage }) => kind === 'email' && stage === stageOf(input));
  }

  /**
   * Mails a code within the limits, and asks for the code. If the limits allow no mail, the code of an earlier mail
   * stays valid. Asks for the address again if it was typed and no code was mailed to it.
   */
  private send(
    input: Input,
    { owner: user, address, pending }: { owner: SavedUser; address: string; pending: PendingDevice },
  ) {
    const { config: settings } = input;
    const lifetimeS = lifetimeOf(settings, this.limits);
    const code = newEmailCode({ to: address, previous: pending.sent, lifetimeS }, this.limits);
    if ('refused' in code) {
      const errors = { non_field_errors: [{ code: REFUSALS[code.refused] }] };
      // A typed address is known only after a code was mailed to it.
      const isKnown = knownAddressOf(input, user, pending) !== undefined;
      return isKnown ? askForCode(address, { state: pending, errors }) : askForAddress(pending, errors);
    }
    if ('kept' in code) return askForCode(address, { state: pending });
    const mail = codeMail(input, { settings, user, address, digits: code.digits, lifetimeS });
    return askForCode(address, { state: { ...pending, sent: code.sent }, effects: [mail] });
  }

  private async verify(
    input: RespondInput<Contract>,
    answer: { code: string; owner: SavedUser; known: KnownAddress | undefined; pending: PendingDevice },
  ): Promise<StageOutcome<Contract>> {
    const { code, owner, known, pending } = answer;
    const { sent } = pending;
    const address = known?.address;
    if (!sent || address === undefined || sent.to !== address || !matchesSentEmail(sent, normalizeDigits(code))) {
      const tried = sent ? { ...pending, sent: { ...sent, tries: sent.tries + 1 } } : pending;
      return refuse('authenticator_email_code', tried, { failed: sent ? ['email_setup'] : [] });
    }
    const stage = stageOf(input);
    const pk = await this.devices.add({
      ...{ id: pending.id, user: owner.uuid, kind: 'email', name: NAME, stage },
      handle: this.addresses.handleOf(stage, address),
      ...storedAddress(address),
    });
    if (pk === undefined) return refuseTaken(address, known, pending);
    const added = deviceAddedOutcome(input, { kind: 'email', name: NAME, pk });
    return pass<Contract>({ ...added, verified: ['email_setup'] });
  }
}

const TAKEN = { message: { code: 'authenticator_email_address' } } as const;
const REGISTERED = { message: { code: 'authenticator_email_registered' } } as const;

const askForAddress = (state: PendingDevice, errors?: StageErrors<Contract>) =>
  ask<Contract>({ email: null, email_required: true }, { state, ...(errors && { errors }) });

const askForCode = (
  address: string,
  rest: { state: PendingDevice; effects?: ReturnType<typeof codeMail>[]; errors?: StageErrors<Contract> },
) => ask<Contract>({ email: maskAddress(address), email_required: false }, rest);

const refuse = (code: ErrorCode<Contract>, state: PendingDevice, rest: { failed?: string[] } = {}) =>
  reject<Contract>({ non_field_errors: [{ code }] }, { state: { ...state, rejected: true }, ...rest });

/**
 * Refuses an address that another device of the stage has. Denies the user if it is the address of the user's account,
 * because the user cannot choose another address.
 */
const refuseTaken = (address: string, known: KnownAddress | undefined, pending: PendingDevice) =>
  known?.isOfAccount
    ? deny<Contract>(TAKEN)
    : refuse('authenticator_email_address', { ...pending, typed: undefined, useless: address });

const pendingDeviceOf = ({ state }: Input): PendingDevice => state ?? { id: randomUUID() };

/** Returns the id of the stage. The device stores this id, so that a login can find the stage's settings. */
const stageOf = ({ step }: Input): string => step.stage ?? step.id;

/**
 * Returns the address of the user, otherwise the address from an earlier prompt stage, otherwise the typed address
 * while its code is valid. Later, the visitor may type another address, because the first one may contain a mistake.
 */
function knownAddressOf(input: Input, { email }: SavedUser, pending: PendingDevice): KnownAddress | undefined {
  if (isMailAddress(email)) return { address: email, isOfAccount: true };
  const prompted = input.context.prompt_data?.['email'];
  if (typeof prompted === 'string' && isMailAddress(prompted) && prompted !== pending.useless)
    return { address: prompted, isOfAccount: false };
  const { typed, sent } = pending;
  const isOpen = typed !== undefined && sent?.to === typed && isUnexpired(sent);
  return isOpen ? { address: typed, isOfAccount: false } : undefined;
}
