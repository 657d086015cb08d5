import { apiVersionSetting, policyLimits, trustedStages } from '@gatehouse/contracts';
import { DEFAULT_FIRST_DELAY_S, DEFAULT_QUEUE_LIMIT } from '@gatehouse/executor';
import {
  commonConfig,
  geoIpConfig,
  MAX_TIME_SHIFT_S,
  natsConfig,
  postgresConfig,
  signingKeysSetting,
} from '@gatehouse/platform';
import { z } from 'zod';
import { addressConfig } from './address.config.js';
import { canBindDevices, deviceBoundSessionConfig } from './device-bound-sessions/device-bound-session.config.js';
import { flowChangeLimits } from './flow-changes/flow-change-limits.config.js';
import { simulationConfig } from './flow-pages/simulation.config.js';
import { reputationConfig } from './flows/reputation.config.js';
import { stagePageKeys } from './flows/stage-page-module.js';
import { CSRF_COOKIE, CSRF_COOKIES, isHostOnly, SESSION_COOKIE, SESSION_COOKIES } from './http/cookie-names.js';
import { corsOriginsIn } from './http/cors.js';
import { TRACEPARENT_USES } from './http/request-spans.js';
import { trustedProxiesIn } from './http/trusted-proxies.js';
import { journeyConfig } from './journeys/journey.config.js';
import { authorizationConfig } from './oauth/authorization.config.js';
import { previewConfig } from './previews/preview.config.js';
import { recoveryLinkConfig } from './recovery-links/recovery-link.config.js';
import { signalConfig } from './signals/signal.config.js';
import { userSwitchingConfig } from './user-switching/user-switching.config.js';
import { avatarModes } from './users/avatars/avatar-modes.js';

const whole = (fallback: number, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Schema of a number of seconds that SQL statements add to or subtract from the current time. */
const timeShift = (fallback: number, { min = 1 } = {}) => whole(fallback, { min, max: MAX_TIME_SHIFT_S });

/** Returns the check of a setting whose parser throws an Error that says what is wrong. */
const parsableBy = (parse: (setting: string) => unknown) => (setting: string, context: z.RefinementCtx<string>) => {
  try {
    parse(setting);
  } catch (error) {
    context.addIssue((error as Error).message);
  }
};

/** Settings of the gateway. Validates each setting on its own. */
export const gatewaySettings = z.object({
  ...commonConfig.shape,
  ...natsConfig.shape,
  ...postgresConfig.shape,
  DATABASE_POOL: postgresConfig.shape.DATABASE_POOL.unwrap().default(10),
  ...geoIpConfig.shape,
  ...apiVersionSetting.shape,
  ...addressConfig.shape,
  BASE_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://127.0.0.1:9000')
    .describe(
      'URL at which visitors reach Gatehouse. Links are built from it. For `npm start` and the commands, the default has `HOST` and `PORT`',
    ),
  SESSION_COOKIE: z
    .enum(SESSION_COOKIES)
    .default(SESSION_COOKIE)
    .describe(
      'Name of the session cookie. With `__Host-`, which needs an https BASE_URL, no other host of the domain can set it; outposts keep the default name',
    ),
  CSRF_COOKIE: z
    .enum(CSRF_COOKIES)
    .default(CSRF_COOKIE)
    .describe(
      'Name of the cookie with the CSRF token. With `__Host-`, which needs an https BASE_URL, pages of authentik cannot be used',
    ),
  CORS_ORIGINS: z
    .string()
    .default('')
    .superRefine(parsableBy(corsOriginsIn))
    .describe(
      'Origins of the same site whose pages may run flows with the cookies of their visitors, such as `https://app.example.org`, comma separated. Their scripts are trusted like those of Gatehouse',
    ),
  HSTS_MAX_AGE_S: whole(31_536_000, { min: 0 }).describe(
    'max-age of Strict-Transport-Security in seconds, when BASE_URL is https; 0 for no such header',
  ),
  AVATARS: z
    .string()
    .default('initials')
    .superRefine(parsableBy(avatarModes))
    .describe(
      'Avatar modes, comma separated; the first that has an avatar is used: `none`, `initials`, `attributes.<path>`, `gravatar`, or a URL with `%(username)s`, `%(mail_hash)s` and `%(upn)s`',
    ),
  BRAND: z.string().default('Gatehouse').describe('Name of the site where the brand has none'),
  SEAL_KEYS: z
    .string()
    .describe(
      'Keys that encrypt plans and the secrets of stages: `id:base64` of 32 bytes, comma separated; the first encrypts, all decrypt',
    ),
  JWT_SIGNING_KEYS: signingKeysSetting.describe(
    'Keys that sign the tokens of applications: `id:base64` of a P-256 private key in PKCS #8 (DER), comma separated; the first signs, the public keys of all are published. Without it, applications get no token',
  ),
  SECRET_KEY: z.string().min(32).describe('Key of the marks of known browsers, and the default of `PSEUDONYM_KEY`'),
  PSEUDONYM_KEY: z.string().min(32).optional().meta({
    description:
      'Key of the HMACs that stand for users: their `uid`, and the subjects of counted attempts. It must stay the same',
    'x-default': '`SECRET_KEY`',
  }),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .superRefine(parsableBy(trustedProxiesIn))
    .describe('Addresses or networks whose X-Forwarded-For, -Proto and -Host are trusted, comma separated'),
  TRACEPARENT: z
    .enum(TRACEPARENT_USES)
    .default('link')
    .describe(
      'What the header `traceparent` of a request does to its trace: `link` links a new trace to the trace of the caller; `join` continues the trace of the caller, recorded or not, if an address in TRUSTED_PROXIES has sent the request',
    ),
  TRUSTED_STAGES: trustedStages,
  STAGE_PAGE_KEYS: stagePageKeys,
  BODY_LIMIT_BYTES: whole(256 * 1024, { max: 512 * 1024 }).describe('Largest request body'),
  ...flowChangeLimits.shape,
  QUERY_LIMIT_BYTES: whole(2048, { min: 256, max: 16 * 1024 }).describe(
    'Largest query of a flow page, which is stored with the plan; a longer one gets 400',
  ),
  ANONYMOUS_RATE: whole(1000, { min: 0, max: 1_000_000 }).describe(
    'Requests of anonymous visitors from one network (an IPv4 address or an IPv6 /64) in a period, counted by each gateway; 0 for no limit',
  ),
  ANONYMOUS_RATE_PERIOD_S: whole(1, { max: 86_400 }).describe('Seconds of the period of ANONYMOUS_RATE'),
  ANONYMOUS_EVENT_RATE: whole(10, { min: 0, max: 1_000_000 }).describe(
    'Largest number of events about one policy in one flow in a minute that visitors of one network without a proof can cause, for each of `policy_exception` (with its log line `policy_undecided`), `policy_execution`, `policy_shadow`, and evaluations with events of `ak_create_event`, counted by each gateway; 0 for no limit. Events of other visitors are always recorded',
  ),
  NEW_SESSION_RATE: whole(1000, { min: 0, max: 1_000_000 }).describe(
    'Sessions that requests without a session start from one network in a period, counted by each gateway; 0 for no limit',
  ),
  NEW_SESSION_RATE_PERIOD_S: whole(60, { max: 86_400 }).describe('Seconds of the period of NEW_SESSION_RATE'),
  SOCKETS_MAX: whole(10_000, { min: 0, max: 1_000_000 }).describe(
    'Open WebSockets of pages in one gateway; further ones get 503. 0 for none',
  ),
  SOCKETS_PER_NETWORK: whole(1000, { max: 1_000_000 }).describe(
    'Open WebSockets of one network in one gateway; further ones get 429',
  ),
  SOCKETS_PER_SESSION: whole(20, { max: 10_000 }).describe(
    'Open WebSockets of one session in one gateway, one for each tab; further ones get 429',
  ),
  SOCKET_RATE: whole(1000, { min: 0, max: 1_000_000 }).describe(
    'Requests of one network for a WebSocket in a period, counted by each gateway; 0 for no limit',
  ),
  SOCKET_RATE_PERIOD_S: whole(10, { max: 86_400 }).describe('Seconds of the period of SOCKET_RATE'),
  SOCKET_QUEUE_BYTES: whole(16 * 1024, { min: 8 * 1024, max: 1024 * 1024 }).describe(
    'Bytes that may wait for a client that does not read its WebSocket, before the gateway closes the connection',
  ),
  SOCKET_IDLE_S: whole(30, { max: 3600 }).describe(
    'Seconds between two pings on a WebSocket. A client that has not answered the last one is disconnected',
  ),
  SOCKET_S: whole(600, { max: 86_400 }).describe(
    'Seconds after which a WebSocket closes; the page opens another, with its present cookie',
  ),
  SOCKET_ANONYMOUS_S: whole(2, { max: 3600 }).describe(
    'Seconds after which a WebSocket without a session cookie closes; the page opens another, with the cookie that it has got meanwhile',
  ),
  DEVICE_CODE_RATE: whole(100, { min: 0, max: 1_000_000 }).describe(
    'Device codes for one network in an hour, counted by each gateway; 0 for no limit',
  ),
  ...authorizationConfig.shape,
  FORWARD_AUTH_CACHE_MS: whole(5000, { min: 0, max: 5000 }).describe(
    'Milliseconds for which the gateway keeps a verdict of forward auth; 0 for none',
  ),
  FORWARD_AUTH_CACHE_ENTRIES: whole(10_000, { max: 1_000_000 }).describe(
    'Verdicts of forward auth that the gateway keeps at most; a further one replaces the oldest',
  ),
  FORWARD_AUTH_LOGIN_S: whole(3600, { min: 60, max: 86_400 }).describe(
    'Seconds within which a visitor must finish the login that a site behind forward auth has begun',
  ),
  FORWARD_AUTH_CODE_S: whole(30, { max: 60 }).describe(
    'Seconds within which a browser must redeem the code for the cookie of a site behind forward auth',
  ),
  FORWARD_AUTH_CODE_RATE: whole(60, { min: 0, max: 1_000_000 }).describe(
    'Codes for the cookies of sites behind forward auth that one session gets in a minute, counted by each gateway; 0 for no limit',
  ),
  FORWARD_AUTH_RD_BYTES: whole(1200, { max: 8192 }).describe(
    'Largest address, in bytes, to which a visitor returns after the login at a site behind forward auth; instead of a longer one, the visitor gets the front page. The limit is never above three quarters of (QUERY_LIMIT_BYTES − 300), because the address is part of a query',
  ),
  FORWARD_AUTH_IDENTITY_BYTES: whole(12 * 1024, { min: 2048, max: 64 * 1024 }).describe(
    'Largest size of the headers with the identity of a user of forward auth, names and values together. A user with larger headers, mostly because of many groups, is refused; no header is cut',
  ),
  FORWARD_AUTH_TOKEN_S: whole(60, { min: 10, max: 3600 }).describe(
    'Lifetime of the token in X-authentik-jwt in seconds',
  ),
  ADMISSION_DELAY_MS: whole(20, { min: 0, max: 1000 }).describe(
    'Milliseconds that requests may queue, for the event loop or for a connection to Postgres, before the gateway lowers the number in flight and refuses the rest with 503; 0 for no such limit',
  ),
  IN_FLIGHT_MAX: whole(2000, { max: 100_000 }).describe('Largest number of requests in flight; further ones get 503'),
  SHUTDOWN_DELAY_S: whole(5, { min: 0, max: 300 }).describe(
    'Seconds after SIGTERM in which the gateway is not ready, but still answers all requests, so that load balancers stop sending requests first',
  ),
  REQUEST_ARRIVAL_S: whole(30, { max: 3600 }).describe('Seconds that a request may take to arrive, body included'),
  NETWORK_ATTEMPTS_FREE: whole(100).describe('Wrong credentials from one network before delays begin'),
  NETWORK_ATTEMPTS_FORGET_S: timeShift(900).describe(
    'Seconds without a failure after which the failures of a network are forgotten',
  ),
  ATTEMPTS_DELAY_S: whole(DEFAULT_FIRST_DELAY_S, { max: 3600 }).describe(
    'Seconds of the first delay after too many wrong credentials; each further one doubles it, up to an hour',
  ),
  MAIL_REQUESTS_FREE: whole(5, { max: 1000 }).describe(
    'Mails that one network, one known browser, or one visitor with another proof may request for one name before delays begin; all networks together may request four times as many. Superusers may send as many recovery mails to one user',
  ),
  KNOWN_BROWSER_S: whole(90 * 86_400, { min: 3600, max: 365 * 86_400 }).describe(
    'Seconds for which a browser stays known for a user who has logged in with it; its wrong credentials count apart from those of anonymous visitors',
  ),
  ATTEMPTS_LINE: whole(DEFAULT_QUEUE_LIMIT, { max: 10_000 }).describe(
    'Answers for one credential that may queue in a gateway; further ones get 503',
  ),
  POLICY_TIMEOUT_MS: whole(5000, { max: 15_000 }).describe(
    'Milliseconds that all policies of one step may take together',
  ),
  SHADOW_TIMEOUT_MS: whole(250, { max: 5000 }).describe(
    'Milliseconds that a request waits at most for the shadow conditions of one step, which are evaluated beside its other conditions',
  ),
  ...previewConfig.shape,
  ...recoveryLinkConfig.shape,
  ...policyLimits.shape,
  ANONYMOUS_SESSION_S: timeShift(3600).describe('Lifetime of an anonymous session in seconds'),
  UNANSWERED_SESSION_S: timeShift(900, { min: 60 }).describe(
    'Lifetime of an anonymous session, and of its plans, until the visitor answers a challenge, in seconds',
  ),
  SOURCE_LOGIN_S: whole(900, { max: 86_400 }).describe('Seconds within which a login at a source must be completed'),
  SESSION_S: timeShift(14 * 86_400).describe(
    'Lifetime of a login without a duration of its own, in seconds since its last use',
  ),
  ...userSwitchingConfig.shape,
  ...deviceBoundSessionConfig.shape,
  AUTHENTICATOR_PROOF_S: whole(600, { max: 86_400 }).describe(
    'Seconds after a login with a device in which the user may remove a device or set up another. A device that was set up or proved since then counts for the same time when the user sets up another',
  ),
  CREDENTIAL_PROOF_S: whole(3600, { min: 60, max: 86_400 }).describe(
    'Seconds after a login, or a later proof in its session, in which the user may change credentials without another proof',
  ),
  PLAN_S: timeShift(3600).describe(
    'Lifetime of a plan in seconds since its last step; if its flow was changed meanwhile, since its start',
  ),
  SAVE_CHECK_S: whole(8, { min: 0, max: 15 }).describe(
    'Seconds for which the gateway asks Postgres whether a proof was saved, if the connection was lost during the save; after that, the visitor gets 503',
  ),
  CLEANUP_EVERY_S: whole(60, { max: 86_400 }).describe(
    'Seconds between two runs of the cleaner of expired rows. A run ends when no expired row is left; one gateway at a time cleans up. Above 3600, raise the hour in the alert rule `GatehouseCleanupStopped` too',
  ),
  CLEANUP_BATCH_ROWS: whole(200, { min: 10, max: 10_000 }).describe(
    'Rows that the cleaner looks at in one transaction',
  ),
  CLEANUP_TIME_PERCENT: whole(10, { max: 100 }).describe(
    'Share of the time of a run in which the cleaner deletes; it rests after each transaction',
  ),
  CLEANUP_SLOW_FACTOR: z.coerce
    .number()
    .min(1.1)
    .max(100)
    .default(2)
    .describe(
      'The cleaner pauses while loading and saving plans takes this many times as long as usual: the last two seconds, compared with the last ten minutes',
    ),
  ATTEMPTS_KEEP_S: timeShift(365 * 86_400, { min: 86_400 }).describe(
    'Seconds since the last failure after which the failures of a user who has proved another credential are deleted; a locked credential stays locked',
  ),
  METRICS_FLOWS_MAX: whole(100, { min: 0, max: 10_000 }).describe(
    'Flows with metrics of their own; all further ones share the label `other`',
  ),
  METRICS_KINDS_MAX: whole(100, { min: 0, max: 1000 }).describe(
    'Kinds of stages with metrics of their own; all further ones share the label `other`',
  ),
  ...journeyConfig.shape,
  ...reputationConfig.shape,
  ...simulationConfig.shape,
  ...signalConfig.shape,
  EXPIRED_TOKENS_KEEP_S: timeShift(30 * 86_400, { min: 0 }).describe(
    'Seconds for which an expired API token or app password is still listed, before it is deleted',
  ),
  EXPIRED_INVITATIONS_KEEP_S: timeShift(30 * 86_400, { min: 0 }).describe(
    'Seconds for which an expired invitation is still listed, before it is deleted',
  ),
});

/** Settings of the gateway from environment variables. Also validates combinations of settings. */
export const gatewayConfig = gatewaySettings.superRefine((settings, context) => {
  for (const name of ['SESSION_COOKIE', 'CSRF_COOKIE'] as const) {
    if (!isHostOnly(settings[name]) || settings.BASE_URL.startsWith('https:')) continue;
    const message = `${settings[name]} needs a BASE_URL that begins with https`;
    context.addIssue({ code: 'custom', path: [name], message });
  }
  if (settings.DEVICE_BOUND_SESSIONS === 'true' && !canBindDevices(settings.BASE_URL))
    context.addIssue({
      code: 'custom',
      path: ['DEVICE_BOUND_SESSIONS'],
      message: 'Browsers bind sessions only at a BASE_URL that begins with https, or is on this machine',
    });
});
export type GatewayConfig = z.output<typeof gatewayConfig>;

/** Injection token of the settings. */
export const GATEWAY_CONFIG = Symbol('gateway config');
