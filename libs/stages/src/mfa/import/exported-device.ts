import type { NewDevice } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import { z } from 'zod';
import { normalizePhoneNumber } from '../sms/normalize-phone-number.js';
import type { PhoneNumberIndex } from '../sms/phone-number-index.js';
import { totpKey } from '../totp/totp-key.js';
import { encodedBytes } from '../webauthn/encoding.js';
import { factsOf } from '../webauthn/passkey.js';

/** What of a device proves somebody. */
export type ImportedDeviceFields = Pick<NewDevice, 'handle' | 'stage' | 'counter' | 'facts' | 'secret' | 'codes'>;

/** What a row of a database does not say itself. */
export interface ImportContext {
  readonly numbers: PhoneNumberIndex;
  /** Id that the stage of the device has here; undefined where there is none. */
  readonly stage: string | undefined;
  /** Codes that belong to it. */
  readonly codes: readonly string[];
}

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** A step that was used stays used. */
const totp = totpKey
  .extend({
    digits: z.coerce.number().pipe(totpKey.shape.digits),
    // Elsewhere more steps may count than here, where one does before and after.
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
      const credential = { credentialId: handle, publicKey, signCount, aaguid: aaguid ?? NO_MODEL, proven: false };
      return { handle, counter: signCount, facts: factsOf(credential, rp_id) };
    },
  );
const duo = z.object({ duo_user_id: z.string().min(1).max(200) });
const sms = z.object({ phone_number: z.string().min(1).max(200) });

/** What an authenticator says of itself that does not tell its model. */
const NO_MODEL = '00000000-0000-0000-0000-000000000000';
/** How a number begins of which only the digest was kept (docs/spec/mfa.md#sms-numbers). */
const HASHED = 'hash:';

const stageHere = ({ stage }: ImportContext): string => {
  if (stage === undefined) throw wrong('stage', 'there is no such stage here');
  return stage;
};

const PROOFS: Readonly<Record<DeviceClass, (fields: unknown, around: ImportContext) => ImportedDeviceFields>> = {
  totp: (fields) => totp.parse(fields),
  static: (_, { codes }) => ({ codes }),
  webauthn: (fields) => webauthn.parse(fields),
  duo: (fields, around) => ({ handle: duo.parse(fields).duo_user_id, stage: stageHere(around) }),
  sms: (fields, around) => numberProof(sms.parse(fields).phone_number, stageHere(around), around.numbers),
};

/** Reads a device of authentik's database, by the names that its fields have there. Throws ZodError, which quotes no value. */
export const readExportedDevice = (kind: DeviceClass, fields: unknown, around: ImportContext): ImportedDeviceFields =>
  PROOFS[kind](fields, around);

/** A number that is known is a phone; one that is only a digest can be told again, and nothing be sent to it. */
function numberProof(number: string, stage: string, numbers: PhoneNumberIndex): ImportedDeviceFields {
  if (!number.startsWith(HASHED)) {
    const plain = normalizePhoneNumber(number);
    if (plain === undefined) throw wrong('phone_number', 'is no number');
    const facts = { ending: plain.slice(-2), verified_only: false };
    return { stage, handle: numbers.handleOf(stage, plain), secret: { number: plain }, facts };
  }
  const digest = number.slice(HASHED.length);
  if (!/^[0-9a-f]{64}$/.test(digest)) throw wrong('phone_number', 'is no digest');
  return { stage, handle: numbers.handleOfDigest(stage, digest), facts: { ending: '', verified_only: true } };
}

const wrong = (field: string, message: string) =>
  new z.ZodError([{ code: 'custom', path: [field], message, input: undefined }]);
