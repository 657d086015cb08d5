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
  /** Imports the module lazily, so that only the service that serves the stage loads its dependencies. */
  readonly module: () => Promise<DynamicModule>;
}

/** All built-in stages, by kind, in the order of their kinds. */
export const stages: Readonly<Record<string, StageEntry>> = {
  account_lockdown: {
    contract: accountLockdownContract,
    module: async () => (await import('./enrollment/account-lockdown.module.js')).accountLockdownModule(),
  },
  authenticator_duo: {
    contract: authenticatorDuoContract,
    module: async () => (await import('./mfa/duo/authenticator-duo.module.js')).authenticatorDuoModule(),
  },
  authenticator_email: {
    contract: authenticatorEmailContract,
    module: async () => (await import('./mfa/email/authenticator-email.module.js')).authenticatorEmailModule(),
  },
  authenticator_sms: {
    contract: authenticatorSmsContract,
    module: async () => (await import('./mfa/sms/authenticator-sms.module.js')).authenticatorSmsModule(),
  },
  authenticator_static: {
    contract: authenticatorStaticContract,
    module: async () => (await import('./mfa/static/authenticator-static.module.js')).authenticatorStaticModule(),
  },
  authenticator_totp: {
    contract: authenticatorTotpContract,
    module: async () => (await import('./mfa/totp/authenticator-totp.module.js')).authenticatorTotpModule(),
  },
  authenticator_validate: {
    contract: authenticatorValidateContract,
    module: async () => (await import('./mfa/validate/authenticator-validate.module.js')).authenticatorValidateModule(),
  },
  authenticator_webauthn: {
    contract: authenticatorWebauthnContract,
    module: async () => (await import('./mfa/webauthn/authenticator-webauthn.module.js')).authenticatorWebauthnModule(),
  },
  authorization_code: {
    contract: authorizationCodeContract,
    module: async () =>
      (await import('./consent/authorization/authorization-code.module.js')).authorizationCodeModule(),
  },
  autosubmit: {
    contract: autosubmitContract,
    module: async () => (await import('./autosubmit/autosubmit.module.js')).autosubmitModule(),
  },
  captcha: {
    contract: captchaContract,
    module: async () => (await import('./captcha/captcha.module.js')).captchaModule(),
  },
  configured_redirect: {
    contract: configuredRedirectContract,
    module: async () => (await import('./redirect/configured-redirect.module.js')).configuredRedirectModule(),
  },
  consent: {
    contract: consentContract,
    module: async () => (await import('./consent/consent.module.js')).consentModule(),
  },
  deny: { contract: denyContract, module: async () => (await import('./deny/deny.module.js')).denyModule() },
  device_code: {
    contract: deviceCodeContract,
    module: async () => (await import('./consent/device-code/device-code.module.js')).deviceCodeModule(),
  },
  device_code_finish: {
    contract: deviceCodeFinishContract,
    module: async () => (await import('./consent/device-code/device-code.module.js')).deviceCodeFinishModule(),
  },
  dummy: { contract: dummyContract, module: async () => (await import('./dummy/dummy.module.js')).dummyModule() },
  email: { contract: emailContract, module: async () => (await import('./email/email.module.js')).emailModule() },
  group_update: {
    contract: groupUpdateContract,
    module: async () => (await import('./source/group-update.module.js')).groupUpdateModule(),
  },
  identification: {
    contract: identificationContract,
    module: async () => (await import('./identification/identification.module.js')).identificationModule(),
  },
  iframe_logout: {
    contract: iframeLogoutContract,
    module: async () => (await import('./iframe-logout/iframe-logout.module.js')).iframeLogoutModule(),
  },
  invitation: {
    contract: invitationContract,
    module: async () => (await import('./enrollment/invitation.module.js')).invitationModule(),
  },
  message: {
    contract: messageContract,
    module: async () => (await import('./message/message.module.js')).messageModule(),
  },
  password: {
    contract: passwordContract,
    module: async () => (await import('./password/password.module.js')).passwordModule(),
  },
  post_source: {
    contract: postSourceContract,
    module: async () => (await import('./source/post-source.module.js')).postSourceModule(),
  },
  prompt: {
    contract: promptContract,
    module: async () => (await import('./prompt/prompt.module.js')).promptModule(),
  },
  redirect: {
    contract: redirectContract,
    module: async () => (await import('./redirect/redirect.module.js')).redirectModule(),
  },
  session_end: {
    contract: sessionEndContract,
    module: async () => (await import('./session-end/session-end.module.js')).sessionEndModule(),
  },
  source: {
    contract: sourceContract,
    module: async () => (await import('./source/source.module.js')).sourceModule(),
  },
  user_delete: {
    contract: userDeleteContract,
    module: async () => (await import('./enrollment/user-delete.module.js')).userDeleteModule(),
  },
  user_login: {
    contract: userLoginContract,
    module: async () => (await import('./user-login/user-login.module.js')).userLoginModule(),
  },
  user_logout: {
    contract: userLogoutContract,
    module: async () => (await import('./user-logout/user-logout.module.js')).userLogoutModule(),
  },
  user_write: {
    contract: userWriteContract,
    module: async () => (await import('./enrollment/user-write.module.js')).userWriteModule(),
  },
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

/** Returns the modules of all stages that `service` serves. */
export const stagesOf = (service: string): Promise<DynamicModule[]> =>
  Promise.all(
    Object.values(stages)
      .filter(({ contract }) => contract.service === service)
      .map(({ module }) => module()),
  );

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

/** Schemas of the responses to system challenges, for stages that authentik has since its line 2026.8. */
export const systemResponses: readonly WireShape[] = shapes.filter(
  ({ component, api_version }) => isSystemChallenge(component) && api_version === '2026.8',
);
