import { type AttachedStage, ask, deny, type ErrorCode, pass, reject, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { savedDeviceOwner } from '../device-owner.js';
import type { authenticatorValidateContract } from './authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;

const NONE = { message: { code: 'authenticator_validate_none' } } as const;
const NOTHING_BOUND = 'Authenticator validation stage is set to configure user but no configuration flow is set.';

/** What becomes of somebody who has no device that counts here (docs/spec/mfa.md#no-device). */
export function handleNoDevice(input: ChallengeInput<Contract>): StageOutcome<Contract> {
  switch (input.config.not_configured_action) {
    case 'skip':
      return pass();
    case 'deny':
      return deny<Contract>(NONE);
    case 'configure':
      return offerSetUps(input);
  }
}

const STAGE_MISSING = 'A device cannot be asked any more: the stage that set it up is gone.';

/** What becomes of somebody whose devices cannot be asked. Who deletes a stage must not open the doors of its users. */
export const handleUnusableDevices = (): StageOutcome<Contract> =>
  deny<Contract>({ ...NONE, effects: [misconfigured(STAGE_MISSING)] });

const misconfigured = (message: string) =>
  ({ type: 'event', action: 'configuration_error', context: { message } }) as const;

function offerSetUps(input: ChallengeInput<Contract>): StageOutcome<Contract> {
  if (!savedDeviceOwner(input)) return deny<Contract>(NONE);
  const stages = setUpsOf(input);
  const [only, ...others] = stages;
  if (!only) return deny<Contract>({ effects: [misconfigured(NOTHING_BOUND)] });
  if (others.length === 0) return setUp(only);
  const challenge = { device_challenges: [], configuration_stages: stages.map(selectable) };
  return ask<Contract>(challenge, { state: { offers: [], memory: {} } });
}

/** What is said of an answer where there is no device to prove anything by. */
const NOT_OFFERED = {
  selected_challenge: 'authenticator_validate_choice',
  selected_stage: 'authenticator_validate_stage',
  code: 'authenticator_validate_class',
  webauthn: 'authenticator_validate_class',
  duo: 'authenticator_validate_class',
} as const satisfies Record<string, ErrorCode<Contract>>;
const FIELDS = Object.keys(NOT_OFFERED) as (keyof typeof NOT_OFFERED)[];

/** The choice of a set-up: it takes the place of the proof. */
export function chooseSetup(input: RespondInput<Contract>): StageOutcome<Contract> {
  const { response } = input;
  const chosen = setUpsOf(input).find(({ id }) => id === response.selected_stage);
  if (chosen) return setUp(chosen);
  const given = FIELDS.filter((field) => response[field] !== undefined);
  if (given.length === 0) return reject<Contract>({ non_field_errors: [{ code: 'authenticator_validate_empty' }] });
  return reject<Contract>(Object.fromEntries(given.map((field) => [field, [{ code: NOT_OFFERED[field] }]])));
}

const setUp = ({ id }: AttachedStage) => pass<Contract>({ insert: { where: 'next', steps: [{ attached: id }] } });

const setUpsOf = ({ config, attached }: ChallengeInput<Contract>): AttachedStage[] =>
  config.configuration_stages.flatMap((_, place) => attached[`configuration_stages.${place}`] ?? []);

/** What kinds of set-ups are called. */
const NAMES: Readonly<Record<string, string>> = {
  authenticator_duo: 'Duo Authenticator',
  authenticator_sms: 'SMS Authenticator',
  authenticator_static: 'Static Authenticator',
  authenticator_totp: 'TOTP Authenticator',
  authenticator_webauthn: 'WebAuthn Authenticator',
};

function selectable({ id, name, kind, model, config }: AttachedStage) {
  const { friendly_name: friendly } = config;
  return {
    pk: id,
    name: typeof friendly === 'string' && friendly !== '' ? friendly : name,
    verbose_name: NAMES[kind] ?? name,
    meta_model_name: model,
  };
}
