import { type AttachedStage, ask, deny, type ErrorCode, pass, reject, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { savedDeviceOwner } from '../device-owner.js';
import type { authenticatorValidateContract } from './authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;

const NO_DEVICE = { message: { code: 'authenticator_validate_none' } } as const;
const NO_SETUP_STAGE = 'Authenticator validation stage is set to configure user but no configuration flow is set.';

/** Returns the outcome for a user without a device of an allowed class (docs/spec/mfa.md#no-device). */
export function handleNoDevice(input: ChallengeInput<Contract>): StageOutcome<Contract> {
  switch (input.config.not_configured_action) {
    case 'skip':
      return pass();
    case 'deny':
      return deny<Contract>(NO_DEVICE);
    case 'configure':
      return offerSetups(input);
  }
}

const STAGE_MISSING = 'A device is unusable, because the stage that set it up was deleted or has unreadable settings.';

/**
 * Denies a user whose device needs a setup stage that was deleted or has unreadable settings. A lost stage must not
 * remove a user's second factor.
 */
export const denyWithoutSetupStage = (): StageOutcome<Contract> =>
  deny<Contract>({ ...NO_DEVICE, effects: [configurationErrorEvent(STAGE_MISSING)] });

const configurationErrorEvent = (message: string) =>
  ({ type: 'event', action: 'configuration_error', context: { message } }) as const;

function offerSetups(input: ChallengeInput<Contract>): StageOutcome<Contract> {
  if (!savedDeviceOwner(input)) return deny<Contract>(NO_DEVICE);
  const stages = setupStagesOf(input);
  const [first, ...others] = stages;
  if (!first) return deny<Contract>({ effects: [configurationErrorEvent(NO_SETUP_STAGE)] });
  if (others.length === 0) return insertSetup(first);
  const challenge = { device_challenges: [], configuration_stages: stages.map(toSelectableStage) };
  return ask<Contract>(challenge, { state: { offers: [], memory: {} } });
}

/**
 * The error code for each field of a response to a challenge without devices. Such a response may only choose a setup
 * stage.
 */
const FIELD_ERRORS = {
  selected_challenge: 'authenticator_validate_choice',
  selected_stage: 'authenticator_validate_stage',
  code: 'authenticator_validate_class',
  webauthn: 'authenticator_validate_class',
  duo: 'authenticator_validate_class',
} as const satisfies Record<string, ErrorCode<Contract>>;
const FIELDS = Object.keys(FIELD_ERRORS) as (keyof typeof FIELD_ERRORS)[];

/**
 * Continues with the only setup stage, or with the stage that the user chose. Rejects every other response. If there
 * are fewer than two setup stages, the challenge has shown devices that were removed since then.
 */
export function chooseSetup(input: RespondInput<Contract>): StageOutcome<Contract> {
  const { response } = input;
  const stages = setupStagesOf(input);
  if (stages.length < 2) return offerSetups(input);
  const chosen = stages.find(({ id }) => id === response.selected_stage);
  if (chosen) return insertSetup(chosen);
  const fields = FIELDS.filter((field) => response[field] !== undefined);
  if (fields.length === 0) return reject<Contract>({ non_field_errors: [{ code: 'authenticator_validate_empty' }] });
  return reject<Contract>(Object.fromEntries(fields.map((field) => [field, [{ code: FIELD_ERRORS[field] }]])));
}

const insertSetup = ({ id }: AttachedStage) => pass<Contract>({ insert: { where: 'next', steps: [{ attached: id }] } });

const setupStagesOf = ({ config, attached }: ChallengeInput<Contract>): AttachedStage[] =>
  config.configuration_stages.flatMap((_, index) => attached[`configuration_stages.${index}`] ?? []);

/** Titles of the setup stages, by stage kind. */
const STAGE_TITLES: Readonly<Record<string, string>> = {
  authenticator_duo: 'Duo Authenticator',
  authenticator_email: 'Email Authenticator',
  authenticator_sms: 'SMS Authenticator',
  authenticator_static: 'Static Authenticator',
  authenticator_totp: 'TOTP Authenticator',
  authenticator_webauthn: 'WebAuthn Authenticator',
};

function toSelectableStage({ id, name, kind, model, config }: AttachedStage) {
  const { friendly_name: friendlyName } = config;
  return {
    pk: id,
    name: typeof friendlyName === 'string' && friendlyName !== '' ? friendlyName : name,
    verbose_name: STAGE_TITLES[kind] ?? name,
    meta_model_name: model,
  };
}
