import type { Translate } from '@gatehouse/texts/browser';
import { denialHeading, errorHeading } from '../challenges/denials.js';
import type { Envelope } from '../challenges/envelope.js';
import { shownAtFirst } from '../challenges/factors.js';

/** Options of a heading. */
export interface HeadingOptions {
  readonly t: Translate;
  /** Name of the site. */
  readonly site: string;
}

/** The fields of challenges that decide their headings. */
interface Step extends Envelope {
  readonly title?: string;
  readonly flow_designation?: string;
  readonly permissions?: readonly unknown[];
  readonly additional_permissions?: readonly unknown[];
  readonly email_required?: boolean;
  readonly phone_number_required?: boolean;
  readonly device_challenges?: readonly { readonly device_class: string; readonly last_used?: string | null }[];
  readonly confirms?: string | undefined;
  readonly approved?: boolean;
  readonly application_name?: string;
  readonly fields?: readonly { readonly type: string }[];
}

/**
 * Returns the heading of a challenge: the task of its step, else the title that an external stage describes, else the
 * title of the flow, else the name of the site. A component that shows a part of its step replaces the heading with
 * `useHeading`.
 */
export const headingOf = (challenge: Envelope, { t, site }: HeadingOptions): string =>
  TASKS[challenge.component]?.(t, challenge) ?? challenge.gatehouse_form?.title ?? titleOf(challenge) ?? site;

/**
 * Returns the title of the challenge's flow. Returns undefined for a title without a letter or a digit, such as a dash,
 * because screen readers announce nothing for it.
 */
export function titleOf({ flow_info }: Pick<Envelope, 'flow_info'>): string | undefined {
  const title = flow_info?.title?.trim();
  return title && /[\p{L}\p{N}]/u.test(title) ? title : undefined;
}

/** Returns the title of the document: the heading of the step, then the title of the brand. */
export const documentTitleOf = (heading: string, site: string): string =>
  heading === site ? heading : `${heading} - ${site}`;

/** Returns the heading of the step that validates a device of a class. */
export function deviceHeading(deviceClass: string, t: Translate): string {
  switch (deviceClass) {
    case 'webauthn':
      return t('Confirm with your passkey');
    case 'totp':
      return t('Confirm with your app');
    case 'email':
      return t('Confirm by email');
    case 'sms':
      return t('Confirm by text message');
    case 'duo':
      return t('Confirm with Duo');
    case 'static':
      return t('Enter a recovery code');
    default:
      return t('Confirm that it is you');
  }
}

/** The tasks of challenges, by component. Undefined if only the flow's title names the task of the step. */
const TASKS: Readonly<Record<string, (t: Translate, step: Step) => string | undefined>> = {
  'ak-provider-iframe-logout': (t) => t('Logging you out…'),
  'ak-provider-oauth2-device-code': (t) => t('Connect a device'),
  'ak-provider-oauth2-device-code-finish': (t, { approved }) =>
    t(approved ? 'Your device is signed in' : 'Sign the device in?'),
  'ak-source-oauth-apple': (t) => t('Continue with {name}', { name: 'Apple' }),
  'ak-source-plex': (t) => t('Continue with {name}', { name: 'Plex' }),
  'ak-stage-access-denied': (t, step) => denialHeading(step, t),
  'ak-stage-authenticator-duo': (t) => t('Set up Duo'),
  'ak-stage-authenticator-email': (t, step) => t(step.email_required ? 'Set up codes by email' : 'Check your email'),
  'ak-stage-authenticator-sms': (t, step) =>
    t(step.phone_number_required ? 'Set up text messages' : 'Check your phone'),
  'ak-stage-authenticator-static': (t) => t('Save your recovery codes'),
  'ak-stage-authenticator-totp': (t) => t('Set up your authenticator app'),
  'ak-stage-authenticator-validate': (t, step) => validationTask(t, step),
  'ak-stage-authenticator-webauthn': (t) => t('Set up a passkey'),
  'ak-stage-autosubmit': (t, { title }) => title || t('One moment…'),
  'ak-stage-captcha': (t) => t('Confirm that you are human'),
  'ak-stage-consent': (t, step) => consentTask(t, step),
  'ak-stage-email': (t) => t('Check your email'),
  'ak-stage-flow-error': (t, step) => errorHeading(step, t),
  'ak-stage-identification': (t, step) => identificationTask(t, step),
  'ak-stage-password': (t) => t('Enter your password'),
  'ak-stage-prompt': (t, { fields = [] }) => (asksOnlyForPassword(fields) ? t('Choose a password') : undefined),
  'ak-stage-session-end': (t, { application_name: name }) => (name ? t('You have left {name}', { name }) : undefined),
  'ak-stage-user-login': (t) => t('Stay signed in on this device?'),
  'xak-flow-redirect': (t) => t('One moment…'),
};

function identificationTask(t: Translate, { flow_designation }: Step): string {
  switch (flow_designation) {
    case 'recovery':
      return t('Find your account');
    case 'enrollment':
      return t('Create an account');
    case 'unenrollment':
      return t('Delete your account');
    default:
      return t('Log in');
  }
}

function validationTask(t: Translate, { device_challenges: devices = [] }: Step): string {
  if (devices.length === 0) return t('Set up a device to go on');
  return deviceHeading(shownAtFirst(devices)?.device_class ?? '', t);
}

function consentTask(t: Translate, { confirms, permissions = [], additional_permissions = [] }: Step): string {
  if (confirms === 'email') return t('Confirm that it is you');
  return t(permissions.length + additional_permissions.length > 0 ? 'Allow access' : 'Confirm to continue');
}

/** Returns whether all fields are passwords. For any other form, the title of the flow is a better heading. */
const asksOnlyForPassword = (fields: NonNullable<Step['fields']>) => {
  const shown = fields.filter(({ type }) => !WITHOUT_INPUT.has(type));
  return shown.length > 0 && shown.every(({ type }) => type === 'password');
};

const WITHOUT_INPUT: ReadonlySet<string> = new Set(['hidden', 'static', 'separator']);
