import {
  fromDescriptor,
  type StageContract,
  type StageDescriptor,
  systemChallenges,
  type WireShape,
} from '@gatehouse/contracts';
import type { DynamicModule } from '@nestjs/common';
import { autosubmitContract } from './autosubmit/autosubmit.contract.js';
import { captchaContract } from './captcha/captcha.contract.js';
import { authorizationCodeContract } from './consent/authorization/authorization-code.contract.js';
import { consentContract } from './consent/consent.contract.js';
import { deviceCodeContract } from './consent/device-code/device-code.contract.js';
import { deviceCodeFinishContract } from './consent/device-code/device-code-finish.contract.js';
import { denyContract } from './deny/deny.contract.js';
import { dummyContract } from './dummy/dummy.contract.js';
import { emailContract } from './email/email.contract.js';
import { accountLockdownContract } from './enrollment/account-lockdown.contract.js';
import { invitationContract } from './enrollment/invitation.contract.js';
import { userDeleteContract } from './enrollment/user-delete.contract.js';
import { userWriteContract } from './enrollment/user-write.contract.js';
import { identificationContract } from './identification/identification.contract.js';
import { iframeLogoutContract } from './iframe-logout/iframe-logout.contract.js';
import { messageContract } from './message/message.contract.js';
import { authenticatorDuoContract } from './mfa/duo/authenticator-duo.contract.js';
import { authenticatorEmailContract } from './mfa/email/authenticator-email.contract.js';
import { authenticatorSmsContract } from './mfa/sms/authenticator-sms.contract.js';
import { authenticatorStaticContract } from './mfa/static/authenticator-static.contract.js';
import { authenticatorTotpContract } from './mfa/totp/authenticator-totp.contract.js';
import { authenticatorValidateContract } from './mfa/validate/authenticator-validate.contract.js';
import { authenticatorWebauthnContract } from './mfa/webauthn/authenticator-webauthn.contract.js';
import { moduleOf } from './modules.js';
import { passwordContract } from './password/password.contract.js';
import { promptContract } from './prompt/prompt.contract.js';
import { configuredRedirectContract } from './redirect/configured-redirect.contract.js';
import { redirectContract } from './redirect/redirect.contract.js';
import { sessionEndContract } from './session-end/session-end.contract.js';
import { groupUpdateContract } from './source/group-update.contract.js';
import { postSourceContract } from './source/post-source.contract.js';
import { sourceContract } from './source/source.contract.js';
import { unimplementedComponents } from './unimplemented-components.js';
import { userLoginContract } from './user-login/user-login.contract.js';
import { userLogoutContract } from './user-logout/user-logout.contract.js';

interface StageEntry {
  readonly contract: StageContract;
  /** Imports the module that modules.ts has for the stage. */
  readonly module: () => Promise<DynamicModule>;
}

const withModule = (contract: StageContract): StageEntry => ({ contract, module: () => moduleOf(contract) });

/** All built-in stages, by kind, in the order of their kinds. */
export const stages: Readonly<Record<string, StageEntry>> = {
  account_lockdown: withModule(accountLockdownContract),
  authenticator_duo: withModule(authenticatorDuoContract),
  authenticator_email: withModule(authenticatorEmailContract),
  authenticator_sms: withModule(authenticatorSmsContract),
  authenticator_static: withModule(authenticatorStaticContract),
  authenticator_totp: withModule(authenticatorTotpContract),
  authenticator_validate: withModule(authenticatorValidateContract),
  authenticator_webauthn: withModule(authenticatorWebauthnContract),
  authorization_code: withModule(authorizationCodeContract),
  autosubmit: withModule(autosubmitContract),
  captcha: withModule(captchaContract),
  configured_redirect: withModule(configuredRedirectContract),
  consent: withModule(consentContract),
  deny: withModule(denyContract),
  device_code: withModule(deviceCodeContract),
  device_code_finish: withModule(deviceCodeFinishContract),
  dummy: withModule(dummyContract),
  email: withModule(emailContract),
  group_update: withModule(groupUpdateContract),
  identification: withModule(identificationContract),
  iframe_logout: withModule(iframeLogoutContract),
  invitation: withModule(invitationContract),
  message: withModule(messageContract),
  password: withModule(passwordContract),
  post_source: withModule(postSourceContract),
  prompt: withModule(promptContract),
  redirect: withModule(redirectContract),
  session_end: withModule(sessionEndContract),
  source: withModule(sourceContract),
  user_delete: withModule(userDeleteContract),
  user_login: withModule(userLoginContract),
  user_logout: withModule(userLogoutContract),
  user_write: withModule(userWriteContract),
};

/** The steps that the gateway may insert to get a missing proof, in their order. */
export const proofSteps = Object.values(stages)
  .flatMap(({ contract: { kind, proof_step } }) => (proof_step ? [{ kind, ...proof_step }] : []))
  .sort((a, b) => a.order - b.order)
  .map(({ order: _order, ...proof }) => proof);

/** Returns the contract of a built-in stage, or of an external stage that a flow version describes. */
export function findContract(
  kind: string,
  { descriptors }: { readonly descriptors: Readonly<Record<string, StageDescriptor>> },
): StageContract | undefined {
  if (Object.hasOwn(stages, kind)) return stages[kind]?.contract;
  const descriptor = Object.hasOwn(descriptors, kind) ? descriptors[kind] : undefined;
  return descriptor && fromDescriptor(descriptor);
}

/** Returns whether a component belongs to one of the system challenges, which several stages share. */
const isSystemChallenge = (name: string) => systemChallenges.some(({ component }) => component === name);

const shapes: readonly WireShape[] = Object.values(stages).flatMap(({ contract }) => {
  const { component, challenge, response, user_info, api_version } = contract;
  return component === undefined ? [] : [{ component, challenge, response, user_info, api_version }];
});

/** Challenge and response schemas of all stage components, for the published API schema. */
export const wireShapes: readonly WireShape[] = [
  ...shapes.filter(({ component }) => !isSystemChallenge(component)),
  ...unimplementedComponents,
];

/** Schemas of the responses to system challenges, for stages that authentik has had since 2026.8. */
export const systemResponses: readonly WireShape[] = shapes.filter(
  ({ component, api_version }) => isSystemChallenge(component) && api_version === '2026.8',
);
