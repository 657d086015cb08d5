import { policyLimits, trustedStages } from '@gatehouse/contracts';
import { DEFAULT_FIRST_DELAY_S, DEFAULT_QUEUE_LIMIT } from '@gatehouse/executor';
import { commonConfig, geoIpConfig, natsConfig, postgresConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { CSRF_COOKIE, CSRF_COOKIES, isHostOnly, SESSION_COOKIE, SESSION_COOKIES } from './http/cookie-names.js';
import { avatarModes } from './users/avatars/avatar-modes.js';

const whole = (fallback: number, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of the gateway, each checked by itself. */
export const gatewaySettings = z.object({
  ...commonConfig.shape,
  ...natsConfig.shape,
  ...postgresConfig.shape,
  ...geoIpConfig.shape,
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  PORT: whole(9000, { min: 0, max: 65_535 }).describe('Port to listen on; 0 takes a free one'),
  BASE_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://127.0.0.1:9000')
    .describe('Where visitors reach Gatehouse; links are built from it'),
  SESSION_COOKIE: z
    .enum(SESSION_COOKIES)
    .default(SESSION_COOKIE)
    .describe(
      'Name of the session cookie. With `__Host-`, which needs an https BASE_URL, no other host of the domain can plant one; outposts keep the other name',
    ),
  CSRF_COOKIE: z
    .enum(CSRF_COOKIES)
    .default(CSRF_COOKIE)
    .describe(
      'Name of the cookie whose value pages repeat with every change. With `__Host-`, which needs an https BASE_URL, pages of authentik cannot be used',
    ),
  HSTS_MAX_AGE_S: whole(31_536_000, { min: 0 }).describe(
    'Seconds that browsers come by https only once they have been here (Strict-Transport-Security), when BASE_URL is https; 0 tells them nothing',
  ),
  AVATARS: z
    .string()
    .default('initials')
    .superRefine((setting, context) => {
      try {
        avatarModes(setting);
      } catch (error) {
        context.addIssue((error as Error).message);
      }
    })
    .describe(
      'Ways to the pictures of users, comma separated; the first that finds one counts: `none`, `initials`, `attributes.<path>`, `gravatar`, or an https address with `%(username)s`, `%(mail_hash)s` and `%(upn)s`',
    ),
  BRAND: z.string().default('Gatehouse').describe('Name of the site where no brand has another'),
  SEAL_KEYS: z
    .string()
    .describe(
      'Keys that seal plans and the secrets of stages: `id:base64` of 32 bytes, comma separated; the first seals, all open',
    ),
  SECRET_KEY: z.string().min(32).describe('Key that hides who attempts are counted for'),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .describe('Addresses or networks whose X-Forwarded-For, -Proto and -Host count, comma separated'),
  TRUSTED_STAGES: trustedStages,
  BODY_LIMIT_BYTES: whole(256 * 1024, { max: 512 * 1024 }).describe('Largest request body'),
  ANONYMOUS_RATE: whole(1000, { min: 0, max: 1_000_000 }).describe(
    'Requests a period from one network (an IPv4 address or an IPv6 /64) of people who are not logged in, counted by each gateway; 0 for no limit',
  ),
  ANONYMOUS_RATE_PERIOD_S: whole(1, { max: 86_400 }).describe('Seconds of that period'),
  DEVICE_CODE_RATE: whole(100, { min: 0, max: 1_000_000 }).describe(
    'Codes for devices an hour for one network, counted by each gateway; 0 for no limit',
  ),
  REQUEST_ARRIVAL_S: whole(30, { max: 3600 }).describe('Seconds that a request may take to arrive, body included'),
  NETWORK_ATTEMPTS_FREE: whole(100).describe('Wrong credentials from one network before delays begin'),
  NETWORK_ATTEMPTS_FORGET_S: whole(900).describe('Seconds after which a network starts afresh'),
  ATTEMPTS_DELAY_S: whole(DEFAULT_FIRST_DELAY_S, { max: 3600 }).describe(
    'Seconds of the first delay after too many wrong credentials; each further one doubles it, up to an hour',
  ),
  ATTEMPTS_LINE: whole(DEFAULT_QUEUE_LIMIT, { max: 10_000 }).describe(
    'Answers for one credential that may stand in line in a gateway; beyond that it says it is busy',
  ),
  POLICY_TIMEOUT_MS: whole(5000, { max: 15_000 }).describe(
    'Milliseconds that the policies of one step may take together',
  ),
  ...policyLimits.shape,
  ANONYMOUS_SESSION_S: whole(3600).describe('Seconds a session lasts that nobody is logged in to'),
  SOURCE_LOGIN_S: whole(900, { max: 86_400 }).describe(
    'Seconds that somebody may take to sign in at a source and come back',
  ),
  SESSION_S: whole(14 * 86_400).describe('Seconds since last seen that a login lasts which has no duration of its own'),
  AUTHENTICATOR_PROOF_S: whole(600, { max: 86_400 }).describe(
    'Seconds after a login with one of their devices in which people may remove a device of theirs, or set another up',
  ),
  CREDENTIAL_PROOF_S: whole(3600, { min: 60, max: 86_400 }).describe(
    'Seconds after a login in which people may change what they log in with, without proving again that it is they',
  ),
  PLAN_S: whole(3600).describe(
    'Seconds since its last step that a flow under way can go on; where the flow has been changed meanwhile, since it was begun',
  ),
  CLEANUP_EVERY_S: whole(60, { max: 86_400 }).describe('Seconds between two rounds that remove what has expired'),
});
/** Everything an operator can set for the gateway, by environment variable. */
export const gatewayConfig = gatewaySettings.superRefine((settings, context) => {
  for (const name of ['SESSION_COOKIE', 'CSRF_COOKIE'] as const) {
    if (!isHostOnly(settings[name]) || settings.BASE_URL.startsWith('https:')) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `${settings[name]} needs a BASE_URL that begins with https`,
    });
  }
});
export type GatewayConfig = z.output<typeof gatewayConfig>;

/** Injects the settings. */
export const GATEWAY_CONFIG = Symbol('gateway config');
