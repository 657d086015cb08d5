import type { StageContract } from '@gatehouse/contracts';
import type { DynamicModule } from '@nestjs/common';

/**
 * The modules of all built-in stages, by service and kind. This file imports no contract, and each module only on
 * demand, so that a service loads only the stages that it serves.
 */
const modules: Readonly<Record<string, Readonly<Record<string, () => Promise<DynamicModule>>>>> = {
  captcha: {
    captcha: async () => (await import('./captcha/captcha.module.js')).captchaModule(),
  },
  consent: {
    authorization_code: async () =>
      (await import('./consent/authorization/authorization-code.module.js')).authorizationCodeModule(),
    consent: async () => (await import('./consent/consent.module.js')).consentModule(),
    device_code: async () => (await import('./consent/device-code/device-code.module.js')).deviceCodeModule(),
    device_code_finish: async () =>
      (await import('./consent/device-code/device-code.module.js')).deviceCodeFinishModule(),
  },
  enrollment: {
    account_lockdown: async () => (await import('./enrollment/account-lockdown.module.js')).accountLockdownModule(),
    email: async () => (await import('./email/email.module.js')).emailModule(),
    invitation: async () => (await import('./enrollment/invitation.module.js')).invitationModule(),
    prompt: async () => (await import('./prompt/prompt.module.js')).promptModule(),
    user_delete: async () => (await import('./enrollment/user-delete.module.js')).userDeleteModule(),
    user_write: async () => (await import('./enrollment/user-write.module.js')).userWriteModule(),
  },
  identification: {
    group_update: async () => (await import('./source/group-update.module.js')).groupUpdateModule(),
    identification: async () => (await import('./identification/identification.module.js')).identificationModule(),
    post_source: async () => (await import('./source/post-source.module.js')).postSourceModule(),
    source: async () => (await import('./source/source.module.js')).sourceModule(),
  },
  mfa: {
    authenticator_duo: async () => (await import('./mfa/duo/authenticator-duo.module.js')).authenticatorDuoModule(),
    authenticator_email: async () =>
      (await import('./mfa/email/authenticator-email.module.js')).authenticatorEmailModule(),
    authenticator_sms: async () => (await import('./mfa/sms/authenticator-sms.module.js')).authenticatorSmsModule(),
    authenticator_static: async () =>
      (await import('./mfa/static/authenticator-static.module.js')).authenticatorStaticModule(),
    authenticator_totp: async () => (await import('./mfa/totp/authenticator-totp.module.js')).authenticatorTotpModule(),
    authenticator_validate: async () =>
      (await import('./mfa/validate/authenticator-validate.module.js')).authenticatorValidateModule(),
    authenticator_webauthn: async () =>
      (await import('./mfa/webauthn/authenticator-webauthn.module.js')).authenticatorWebauthnModule(),
  },
  password: {
    password: async () => (await import('./password/password.module.js')).passwordModule(),
  },
  session: {
    autosubmit: async () => (await import('./autosubmit/autosubmit.module.js')).autosubmitModule(),
    configured_redirect: async () =>
      (await import('./redirect/configured-redirect.module.js')).configuredRedirectModule(),
    deny: async () => (await import('./deny/deny.module.js')).denyModule(),
    dummy: async () => (await import('./dummy/dummy.module.js')).dummyModule(),
    iframe_logout: async () => (await import('./iframe-logout/iframe-logout.module.js')).iframeLogoutModule(),
    message: async () => (await import('./message/message.module.js')).messageModule(),
    redirect: async () => (await import('./redirect/redirect.module.js')).redirectModule(),
    session_end: async () => (await import('./session-end/session-end.module.js')).sessionEndModule(),
    user_login: async () => (await import('./user-login/user-login.module.js')).userLoginModule(),
    user_logout: async () => (await import('./user-logout/user-logout.module.js')).userLogoutModule(),
  },
};

/** Returns the modules of all stages that `service` serves. */
export const stagesOf = (service: string): Promise<DynamicModule[]> =>
  Promise.all(Object.values(modules[service] ?? {}).map((load) => load()));

/** Returns the module of a built-in stage. Throws if its service has no module for its kind. */
export async function moduleOf({ kind, service }: StageContract): Promise<DynamicModule> {
  const load = modules[service]?.[kind];
  if (!load) throw new Error(`libs/stages/src/modules.ts has no module for ${kind} of the service ${service}.`);
  return load();
}
