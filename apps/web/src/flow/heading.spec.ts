import { OWN_COMPONENTS } from '@gatehouse/contracts';
import { translator } from '@gatehouse/texts';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../challenges/envelope.js';
import { CHALLENGES } from '../challenges/table.js';
import { EXAMPLES } from '../examples/examples.js';
import { headingOf, titleOf } from './heading.js';

const SITE = 'Example';
const FLOW_TITLE = 'Welcome to Example';
const heading = (challenge: unknown) => headingOf(challenge as Envelope, { t: translator('en'), site: SITE });
const identification = (flow_designation: string) => heading({ ...EXAMPLES['identification'], flow_designation });

/** Examples of steps whose task only the flow's title names, and of pages without a flow. */
const WITHOUT_TASK = { prompt: FLOW_TITLE, 'prompt-everything': FLOW_TITLE, dummy: FLOW_TITLE, shell: SITE };

describe('the heading of a step', () => {
  it.each([
    ['identification', 'Log in'],
    ['password', 'Enter your password'],
    ['email', 'Check your email'],
    ['email-confirm', 'Confirm that it is you'],
    ['consent', 'Allow access'],
    ['captcha', 'Confirm that you are human'],
    ['user-login', 'Stay signed in on this device?'],
    ['validate-choice', 'Confirm that it is you'],
    ['validate-totp', 'Confirm with your app'],
    ['validate-webauthn', 'Confirm with your passkey'],
    ['validate-static', 'Enter a recovery code'],
    ['validate-set-up', 'Set up a device to go on'],
    ['sms-number', 'Set up text messages'],
    ['sms-code', 'Check your phone'],
    ['iframe-logout', 'Logging you out…'],
    ['device-code', 'Connect a device'],
    ['device-code-finish', 'Your device is signed in'],
    ['device-code-question', 'Sign the device in?'],
    ['denied-attempts', 'Too many attempts'],
    ['denied-logged-in', 'You are already logged in'],
    ['denied', 'Permission denied'],
    ['not-found', 'Page not found'],
    ['autosubmit', 'Redirecting to Example App...'],
    ['external-stage', 'Sign the guest book'],
    ['external-stage-unknown', FLOW_TITLE],
    ...Object.entries(WITHOUT_TASK),
  ])('of %s is "%s"', (example, expected) => {
    expect(heading(EXAMPLES[example])).toBe(expected);
  });

  it('names the task for every component of authentik that has one', () => {
    const titled = Object.keys(CHALLENGES).filter(
      (component) =>
        !component.startsWith(OWN_COMPONENTS) &&
        [FLOW_TITLE, SITE].includes(heading({ component, flow_info: { title: FLOW_TITLE } })),
    );

    expect(titled.sort()).toEqual(['ak-stage-dummy', 'ak-stage-prompt', 'ak-stage-session-end', 'xak-flow-shell']);
  });

  it('for an identification says what the flow is for', () => {
    expect(['authentication', 'recovery', 'enrollment', 'unenrollment'].map(identification)).toEqual([
      'Log in',
      'Find your account',
      'Create an account',
      'Delete your account',
    ]);
  });

  it('for a prompt with only passwords asks for a password', () => {
    const fields = ['password', 'static', 'password', 'hidden'].map((type) => ({ type }));

    expect(heading({ ...EXAMPLES['prompt'], fields })).toBe('Choose a password');
  });

  it('for a consent without permissions asks for a confirmation', () => {
    expect(heading({ ...EXAMPLES['consent'], permissions: [] })).toBe('Confirm to continue');
  });

  it.each(['-', ' — ', '…', '👋', ''])(
    'is never the flow title %j, because screen readers announce nothing for it',
    (title) => {
      expect(titleOf({ flow_info: { title } })).toBeUndefined();
      expect(heading({ component: 'ak-stage-dummy', flow_info: { title } })).toBe(SITE);
    },
  );

  it.each(['ログイン', 'أهلًا', '2FA'])('can be the flow title %j', (title) => {
    expect(heading({ component: 'ak-stage-dummy', flow_info: { title: ` ${title} ` } })).toBe(title);
  });
});
