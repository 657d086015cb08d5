import type { NewDevice } from '@gatehouse/authenticators';
import { type DeviceClass, isMailAddress, MAX_ADDRESS_LENGTH } from '@gatehouse/contracts';
import { z } from 'zod';
import { type EmailAddressIndex, storedAddress } from '../email/email-address-index.js';
import { normalizePhoneNumber } from '../sms/normalize-phone-number.js';
import type { PhoneNumberIndex } from '../sms/phone-number-index.js';
import { totpKey } from '../totp/totp-key.js';
import { encodedBytes } from '../webauthn/encoding.js';
import { passkeyFacts } from '../webauthn/passkey.js';

/** The fields of an imported device that depend on its class. */
export type ImportedDeviceFields = Pick<NewDevice, 'handle' | 'stage' | 'counter' | 'facts' | 'secret' | 'codes'>;

/** The input of an import in addition to the exported row. */
export interface ImportContext {
  readonly numbers: PhoneNumberIndex;
  readonly addresses: EmailAddressIndex;
  /** Id, in this deployment, of the stage that set up the device; `undefined` if the stage does not exist here. */
  readonly stage: string | undefined;
  /** The recovery codes of the device. */
  readonly codes: readonly string[];
}

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Maps a TOTP row. The last used time step becomes the counter, so that a used code cannot be replayed. */
const totp = totpKey
  .extend({
    digits: z.coerce.number().pipe(totpKey.shape.digits),
    // authentik accepts more time steps. Gatehouse accepts one step before and one after the current step.
    tolerance: z
      .int()
      .min(0)
      .transform((steps) => Math.min(steps, 1))
      .default(1),
    last_t: z.int().min(-1).default(-1),
  })
  .transform(({ last_t: counter, ...secret }): ImportedDeviceFields => ({ counter, secret }));
const webauthn = z
  .object({
    credential_id: encodedBytes(4096),
    public_key: encodedBytes(8192),
    sign_count: count.default(0),
    rp_id: z.string().max(253).default(''),
    aaguid: z.guid().toLowerCase().nullish(),
  })
  .transform(
    ({ credential_id: handle, public_key: publicKey, sign_count: signCount, rp_id, aaguid }): ImportedDeviceFields => {
      const credential = { credentialId: handle, publicKey, signCount, aaguid: aaguid ?? UNKNOWN_MODEL, proven: false };
      return { handle, counter: signCount, facts: passkeyFacts(credential, rp_id) };
    },
  );
const duo = z.object({ duo_user_id: z.string().min(1).max(200) });
const emailRow = z.object({ email: z.string().max(MAX_ADDRESS_LENGTH) });
const sms = z.object({ phone_number: z.string().min(1).max(200) });

/** The AAGUID of authenticators that do not reveal their model. */
const UNKNOWN_MODEL = '00000000-0000-0000-0000-000000000000';
/** Prefix that marks a phone number stored only as a hash (docs/spec/mfa.md#sms-numbers). */
const HASH_PREFIX = 'hash:';

const stageIdOf = ({ stage }: ImportContext): string => {
  if (stage === undefined) throw fieldError('stage', 'this deployment has no such stage');
  return stage;
};

const READERS: Readonly<Record<DeviceClass, (fields: unknown, context: ImportContext) => ImportedDeviceFields>> = {
  totp: (fields) => totp.parse(fields),
  static: (_, { codes }) => ({ codes }),
  webauthn: (fields) => webauthn.parse(fields),
  duo: (fields, context) => ({ handle: duo.parse(fields).duo_user_id, stage: stageIdOf(context) }),
  email: (fields, context) => emailFields(emailRow.parse(fields).email, stageIdOf(context), context.addresses),
  sms: (fields, context) => phoneNumberFields(sms.parse(fields).phone_number, stageIdOf(context), context.numbers),
};

/**
 * Reads a row of a device table of authentik. Throws a `ZodError` without any value of the row if the row is invalid.
 */
export const readExportedDevice = (kind: DeviceClass, fields: unknown, context: ImportContext): ImportedDeviceFields =>
  READERS[kind](fields, context);

/** Maps a phone number. A number stored as a hash can be compared with an entered number, but cannot get messages. */
function phoneNumberFields(number: string, stage: string, numbers: PhoneNumberIndex): ImportedDeviceFields {
  if (!number.startsWith(HASH_PREFIX)) {
    const normalized = normalizePhoneNumber(number);
    if (normalized === undefined) throw fieldError('phone_number', 'is not a phone number');
    const facts = { ending: normalized.slice(-2), verified_only: false };
    return { stage, handle: numbers.handleOf(stage, normalized), secret: { number: normalized }, facts };
  }
  const digest = number.slice(HASH_PREFIX.length);
  if (!/^[0-9a-f]{64}$/.test(digest)) throw fieldError('phone_number', 'is not a SHA-256 digest');
  return { stage, handle: numbers.handleOfDigest(stage, digest), facts: { ending: '', verified_only: true } };
}

function emailFields(address: string, stage: string, addresses: EmailAddressIndex): ImportedDeviceFields {
  if (!isMailAddress(address)) throw fieldError('email', 'is not an email address');
  return { stage, handle: addresses.handleOf(stage, address), ...storedAddress(address) };
}

const fieldError = (field: string, message: string) =>
  new z.ZodError([{ code: 'custom', path: [field], message, input: undefined }]);
