import type { FunctionComponent } from 'preact';
import { Apple } from './apple.js';
import { AuthenticatorDuo } from './authenticator-duo.js';
import { AuthenticatorEmail } from './authenticator-email.js';
import { AuthenticatorSms } from './authenticator-sms.js';
import { AuthenticatorStatic } from './authenticator-static.js';
import { AuthenticatorTotp } from './authenticator-totp.js';
import { AuthenticatorValidate } from './authenticator-validate.js';
import { AuthenticatorWebauthn } from './authenticator-webauthn.js';
import { Autosubmit } from './autosubmit.js';
import { Captcha } from './captcha.js';
import { Consent } from './consent.js';
import { Described } from './described.js';
import { DeviceCode, DeviceCodeFinish } from './device-code.js';
import { Dummy } from './dummy.js';
import { Email } from './email.js';
import { Denied, FlowError, Redirect, Shell, Unknown } from './ends.js';
import type { Envelope } from './envelope.js';
import { Identification } from './identification.js';
import { IframeLogout } from './iframe-logout.js';
import { Password } from './password.js';
import { Plex } from './plex.js';
import { Prompt } from './prompt.js';
import { SessionEnd } from './session-end.js';
import { UserLogin } from './user-login.js';

type Step = FunctionComponent<{ challenge: Envelope }>;

/**
 * Casts a component, so that it accepts any challenge. The page trusts the API here, without validating the challenge.
 */
const untyped = <C extends Envelope>(component: FunctionComponent<{ challenge: C }>) => component as unknown as Step;

/** The components of challenges, by `component` name. */
export const CHALLENGES: Readonly<Record<string, Step>> = {
  'ak-provider-iframe-logout': untyped(IframeLogout),
  'ak-provider-oauth2-device-code': DeviceCode,
  'ak-provider-oauth2-device-code-finish': untyped(DeviceCodeFinish),
  'ak-source-oauth-apple': untyped(Apple),
  'ak-source-plex': untyped(Plex),
  'ak-stage-access-denied': Denied,
  'ak-stage-authenticator-duo': untyped(AuthenticatorDuo),
  'ak-stage-authenticator-email': untyped(AuthenticatorEmail),
  'ak-stage-authenticator-sms': untyped(AuthenticatorSms),
  'ak-stage-authenticator-static': untyped(AuthenticatorStatic),
  'ak-stage-authenticator-totp': untyped(AuthenticatorTotp),
  'ak-stage-authenticator-validate': untyped(AuthenticatorValidate),
  'ak-stage-authenticator-webauthn': untyped(AuthenticatorWebauthn),
  'ak-stage-autosubmit': untyped(Autosubmit),
  'ak-stage-captcha': untyped(Captcha),
  'ak-stage-consent': untyped(Consent),
  'ak-stage-dummy': untyped(Dummy),
  'ak-stage-email': Email,
  'ak-stage-flow-error': FlowError,
  'ak-stage-identification': untyped(Identification),
  'ak-stage-password': untyped(Password),
  'ak-stage-prompt': untyped(Prompt),
  'ak-stage-session-end': untyped(SessionEnd),
  'ak-stage-user-login': UserLogin,
  'xak-flow-redirect': untyped(Redirect),
  'xak-flow-shell': untyped(Shell),
};

/** Returns the component that renders a challenge. */
export const componentFor = (challenge: Envelope): Step =>
  CHALLENGES[challenge.component] ?? (challenge.gatehouse_form ? untyped(Described) : Unknown);
