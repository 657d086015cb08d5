import {
  changedIn2026,
  char,
  DEVICE_CLASSES,
  integer,
  jsonObject,
  nested,
  optionalNullable,
  ownField,
  secret,
  since2026,
} from '@gatehouse/contracts';
import { z } from 'zod';

/** An entry of the challenge (docs/spec/mfa.md#validate-challenge). */
const deviceChallenge = z
  .object({
    device_class: changedIn2026(z.enum(DEVICE_CLASSES), z.string()),
    device_uid: z.string(),
    challenge: z.record(z.string(), z.unknown()),
    last_used: since2026(z.preprocess((value) => value ?? null, z.iso.datetime().nullable())),
    names: ownField(z.array(z.string()).default([])),
  })
  .meta({ id: 'DeviceChallenge', description: 'A device that the user can choose, with its own challenge.' });

const selectableStage = z
  .object({ pk: z.uuid(), name: z.string(), verbose_name: z.string(), meta_model_name: z.string() })
  .meta({ id: 'SelectableStage', description: 'A setup stage that the user can choose to register a device.' });

/** Challenge that asks for a proof by a device, or for the choice of a setup stage (docs/spec/mfa.md#validate-challenge). */
export const authenticatorValidateChallenge = z
  .object({ device_challenges: z.array(deviceChallenge), configuration_stages: z.array(selectableStage) })
  .meta({
    id: 'AuthenticatorValidationChallenge',
    description: 'Asks for a second factor, and lists the devices that can give it.',
  });

const chosenDevice = z
  .object({
    device_class: changedIn2026(char().meta({ wire: z.enum(DEVICE_CLASSES) }), char()),
    device_uid: char(),
    challenge: jsonObject(),
    // Optional for clients of 2024.8, because the stage does not read it.
    last_used: since2026(
      z.preprocess((value) => value ?? null, z.unknown()).meta({ wire: z.iso.datetime().nullable() }),
    ),
  })
  .meta({ id: 'DeviceChallengeRequest', description: 'The device that the user chose.' });

const optional = { optional: true } as const;

/** The choice of a device or a setup stage, or a proof (docs/spec/mfa.md#validate-answer). */
export const authenticatorValidateResponse = z
  .object({
    selected_challenge: optionalNullable(nested(chosenDevice), optional),
    selected_stage: optionalNullable(char(), optional),
    code: secret(optionalNullable(char(), optional)),
    webauthn: optionalNullable(jsonObject(), optional),
    duo: optionalNullable(integer(), optional),
  })
  .meta({
    id: 'AuthenticatorValidationChallengeResponseRequest',
    description: 'The choice of a device or of a setup stage, or the proof of a device.',
  });
