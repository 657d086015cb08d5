import type { FunctionComponent } from 'preact';
import { Apple } from './apple.js';
import { AuthenticatorDuo } from './authenticator-duo.js';
import { AuthenticatorSms } from './authenticator-sms.js';
import { AuthenticatorStatic } from './authenticator-static.js';
import { AuthenticatorTotp } from './authenticator-totp.js';
import { AuthenticatorValidate } from './authenticator-validate.js';
import { AuthenticatorWebauthn } from './authenticator-webauthn.js';
import { Autosubmit } from './autosubmit.js';
import { Captcha } from './captcha.js';
import { Consent } from './consent.js';
import { DeviceCode, DeviceCodeFinish } from './device-code.js';
import { Dummy } from './dummy.js';
import { Email } from './email.js';
import { Denied, FlowError, Redirect, Shell } from './ends.js';
import type { Envelope } from './envelope.js';
import { Identification } from './identification.js';
import { Password } from './password.js';
import { Plex } from './plex.js';
import { Prompt } from './prompt.js';
import { Unknown } from './unknown.js';
import { UserLogin } from './user-login.js';

type Step = FunctionComponent<{ challenge: Envelope }>;

/** A challenge has the form that its component says: here, and only here, the wire is taken at its word. */
const step = <C extends Envelope>(draw: FunctionComponent<{ challenge: C }>) => draw as unknown as Step;

/** What draws each challenge, by component. */
export const CHALLENGES: Readonly<Record<string, Step>> = {
  'ak-provider-oauth2-device-code': DeviceCode,
  'ak-provider-oauth2-device-code-finish': DeviceCodeFinish,
  'ak-source-oauth-apple': step(Apple),
  'ak-source-plex': step(Plex),
  'ak-stage-access-denied': Denied,
  'ak-stage-authenticator-duo': step(AuthenticatorDuo),
  'ak-stage-authenticator-sms': step(AuthenticatorSms),
  'ak-stage-authenticator-static': step(AuthenticatorStatic),
  'ak-stage-authenticator-totp': step(AuthenticatorTotp),
  'ak-stage-authenticator-validate': step(AuthenticatorValidate),
  'ak-stage-authenticator-webauthn': step(AuthenticatorWebauthn),
  'ak-stage-autosubmit': step(Autosubmit),
  'ak-stage-captcha': step(Captcha),
  'ak-stage-consent': step(Consent),
  'ak-stage-dummy': step(Dummy),
  'ak-stage-email': Email,
  'ak-stage-flow-error': FlowError,
  'ak-stage-identification': step(Identification),
  'ak-stage-password': step(Password),
  'ak-stage-prompt': step(Prompt),
  'ak-stage-user-login': UserLogin,
  'xak-flow-redirect': step(Redirect),
  'xak-flow-shell': step(Shell),
};

/** What draws a challenge. */
export const componentFor = ({ component }: Envelope): Step => CHALLENGES[component] ?? Unknown;
