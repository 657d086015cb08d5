import { MAIL_UNSENT } from '@gatehouse/contracts';
import type { Challenge } from '../page.js';

/** URL of the fake captcha provider of the example site. */
export const CAPTCHA_SCRIPT_URL = '/example-puzzle.js';

const FLOW = { title: 'Welcome to Example', cancel_url: '/flows/-/cancel/', layout: 'stacked' };

const PICTURE =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'%3E%3Crect width='64' height='64' fill='%23373792'/%3E%3C/svg%3E";

const USER = { pending_user: 'alice@example.org', pending_user_avatar: PICTURE };

/** Returns a challenge with the fields that all challenges have. */
export const stage = (component: string, own: Readonly<Record<string, unknown>> = {}): Challenge => ({
  component,
  flow_info: FLOW,
  ...own,
});

/** Returns a challenge with a pending user. */
export const stageFor = (component: string, own: Readonly<Record<string, unknown>> = {}): Challenge =>
  stage(component, { ...USER, ...own });

/** Returns an error of a field. */
export const wrong = (field: string, string: string, { code = 'invalid', reason = '' } = {}) => ({
  response_errors: { [field]: [{ string, code, ...(reason && { reason }) }] },
});

const identification = (own: Readonly<Record<string, unknown>>) =>
  stage('ak-stage-identification', {
    user_fields: ['username', 'email'],
    password_fields: false,
    allow_show_password: false,
    flow_designation: 'authentication',
    primary_action: 'Log in',
    sources: [],
    show_source_labels: false,
    enable_remember_me: true,
    ...own,
  });

const SOURCES = [
  {
    name: 'Example Social',
    icon_url: PICTURE,
    challenge: { component: 'xak-flow-redirect', to: '/source/oauth/login/social/' },
  },
  { name: 'Plex', icon_url: null, challenge: { component: 'ak-source-plex', client_id: 'abc', slug: 'plex' } },
];

/** Example challenges, except those of authenticator stages (devices.ts) and of prompt stages (prompts.ts). */
export const STEPS: Readonly<Record<string, Challenge>> = {
  identification: identification({}),
  'identification-refused': identification({
    enable_remember_me: false,
    ...wrong('non_field_errors', 'Failed to authenticate.', { reason: 'identification_failed' }),
  }),
  'identification-password-refused': identification({
    password_fields: true,
    recovery_url: '/if/flow/recovery/',
    ...wrong('non_field_errors', 'Failed to authenticate.', { reason: 'identification_failed' }),
  }),
  'identification-everything': identification({
    password_fields: true,
    allow_show_password: true,
    application_pre: 'Example App',
    enroll_url: '/if/flow/enroll/',
    recovery_url: '/if/flow/recovery/',
    passwordless_url: '/if/flow/passkey/',
    sources: SOURCES,
    show_source_labels: true,
    ...wrong('uid_field', 'This field may not be blank.', { code: 'blank' }),
  }),
  'identification-captcha': identification({
    captcha_stage: { component: 'ak-stage-captcha', site_key: 'site-key', js_url: CAPTCHA_SCRIPT_URL },
  }),
  'identification-passkey': identification({
    passkey_challenge: {
      ...{ challenge: 'dGhpcyBpcyBubyBzZWNyZXQ', rpId: 'localhost', timeout: 60_000 },
      ...{ allowCredentials: [], userVerification: 'required' },
    },
  }),
  'identification-promoted': identification({
    sources: [SOURCES[1], { ...SOURCES[0], promoted: true }],
  }),
  'identification-sources': identification({ user_fields: [], sources: SOURCES }),
  password: stageFor('ak-stage-password', { allow_show_password: true, recovery_url: '/if/flow/recovery/' }),
  'password-refused': stageFor('ak-stage-password', {
    allow_show_password: false,
    recovery_url: '/if/flow/recovery/',
    ...wrong('password', 'Invalid password', { reason: 'password_invalid' }),
  }),
  'user-login': stageFor('ak-stage-user-login'),
  consent: stageFor('ak-stage-consent', {
    header_text: "You're about to sign into Example App.",
    permissions: [
      { id: 'openid', name: '' },
      { id: 'email', name: 'Email address' },
    ],
    additional_permissions: [],
    token: '27fb5918-871f-465f-9687-e8e6302d6e80',
  }),
  'consent-more': stageFor('ak-stage-consent', {
    header_text: "You're about to sign into Example App.",
    permissions: [{ id: 'email', name: 'Email address' }],
    additional_permissions: [{ id: 'profile', name: 'General profile information' }],
    token: '27fb5918-871f-465f-9687-e8e6302d6e80',
  }),
  'iframe-logout': stage('ak-provider-iframe-logout', {
    logout_urls: [
      { url: 'https://shop.example/logout?sid=1', provider_name: 'The shop', binding: 'redirect' },
      { url: 'https://wiki.example/logout?sid=2', provider_name: 'The wiki', binding: 'redirect' },
    ],
  }),
  'session-end': stageFor('ak-stage-session-end', {
    ...{ brand_name: 'Example', application_name: 'The shop', application_launch_url: 'https://shop.example/' },
    ...{ invalidation_flow_url: '/if/flow/default-invalidation-flow/', overview_url: 'https://id.example/' },
  }),
  dummy: stage('ak-stage-dummy', { name: 'a step' }),
  email: stage('ak-stage-email'),
  'email-code-refused': stage(
    'ak-stage-email',
    wrong('code', 'This code is wrong, or too old.', { reason: 'email_code_invalid' }),
  ),
  'email-confirm': stageFor('ak-stage-consent', {
    header_text: 'Continue to confirm this email address.',
    ...{
      permissions: [],
      additional_permissions: [],
      token: '27fb5918-871f-465f-9687-e8e6302d6e80',
      confirms: 'email',
    },
  }),
  'email-unsent': stage('ak-stage-email', wrong('non_field_errors', MAIL_UNSENT.string, MAIL_UNSENT)),
  'email-again': stage('ak-stage-email', wrong('non_field_errors', 'email-sent', { code: 'email-sent' })),
  'device-code': stage('ak-provider-oauth2-device-code'),
  'device-code-consent': stageFor('ak-stage-consent', {
    header_text: "You're about to sign into Television. Continue only if your own device shows the code 023456789.",
    permissions: [{ id: 'profile', name: 'See your name and username' }],
    additional_permissions: [],
    token: '27fb5918-871f-465f-9687-e8e6302d6e80',
  }),
  'device-code-finish': stage('ak-provider-oauth2-device-code-finish', { approved: true }),
  'device-code-question': stage('ak-provider-oauth2-device-code-finish'),
  plex: { component: 'ak-source-plex', client_id: 'abc', slug: 'plex' },
  apple: {
    component: 'ak-source-oauth-apple',
    client_id: 'org.example.id',
    scope: 'name email',
    redirect_uri: 'https://id.example.org/source/oauth/callback/apple/',
    state: 'Zx81',
  },
  captcha: stageFor('ak-stage-captcha', { site_key: 'site-key', js_url: CAPTCHA_SCRIPT_URL }),
  autosubmit: stage('ak-stage-autosubmit', {
    url: 'https://app.example.org/saml/acs/',
    attrs: { SAMLResponse: 'PHNhbWw+', RelayState: 'x' },
    title: 'Redirecting to Example App...',
  }),
  redirect: { component: 'xak-flow-redirect', to: 'https://app.example.org/callback?code=1' },
  'denied-attempts': stageFor('ak-stage-access-denied', {
    error_message: 'Unknown error',
    reason: 'too_many_attempts',
  }),
  'denied-logged-in': stageFor('ak-stage-access-denied', {
    error_message: 'Flow does not apply to current user.',
    reason: 'logged_in',
  }),
  'not-found': { component: 'ak-stage-flow-error', request_id: '', error: 'Not found.', reason: 'not_found' },
  denied: stageFor('ak-stage-access-denied', { error_message: 'Flow does not apply to current user.' }),
  error: { component: 'ak-stage-flow-error', request_id: '6b392030af434ca3ac4a8aeba1c8b2dc' },
  'error-details': {
    component: 'ak-stage-flow-error',
    request_id: '6b392030af434ca3ac4a8aeba1c8b2dc',
    error: 'The stage failed.',
    traceback: 'Error: the stage failed\n    at handler (stage.js:1:1)\n'.repeat(12),
  },
  shell: { component: 'xak-flow-shell', body: '<h1>Bad request</h1><script>parent.document.title = "ran"</script>' },
};
