import { authenticatorsConfig } from '@gatehouse/authenticators';
import { versionsConfig } from '@gatehouse/blueprints';
import { tokenConfig } from '@gatehouse/directory';
import {
  commonConfig,
  geoIpConfig,
  migrationConfig,
  natsConfig,
  postgresConfig,
  SECRET_SETTINGS,
} from '@gatehouse/platform';
import { z } from 'zod';
import { gatewayConfig } from '../../apps/gateway/src/gateway.config.js';
import { courierSettings } from '../../libs/courier/src/courier.config.js';
import { eventStreamConfig } from '../../libs/courier/src/event-stream.js';
import { flowChangesConfig } from '../../libs/flow-changes/src/flow-changes.config.js';
import { standaloneConfig } from '../../libs/local/src/local.config.js';
import { policyConfig } from '../../libs/policies/src/policy.config.js';
import { providersConfig } from '../../libs/providers/src/providers.config.js';
import { mailConfig } from '../../libs/stage-kit/src/mail-limits.js';
import { captchaConfig } from '../../libs/stages/src/captcha/captcha.config.js';
import { consentConfig } from '../../libs/stages/src/consent/consent.config.js';
import { duoConfig } from '../../libs/stages/src/mfa/duo/duo.config.js';
import { smsConfig } from '../../libs/stages/src/mfa/sms/sms.config.js';
import { webauthnConfig } from '../../libs/stages/src/mfa/webauthn/webauthn.config.js';
import { passwordConfig } from '../../libs/stages/src/password/password.config.js';
import { promptEnvironment } from '../../libs/stages/src/prompt/prompt.config.js';
import { code, type Document, page, table } from './markdown.js';

const SHARED = new Set([commonConfig, natsConfig, postgresConfig].flatMap(({ shape }) => Object.keys(shape)));

const VERSIONS = new Set(Object.keys(versionsConfig.shape));

const GEOIP = new Set(Object.keys(geoIpConfig.shape));

const setting = z.object({
  description: z.string(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  'x-default': z.string().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
});
type Setting = z.output<typeof setting>;

function settingsOf(config: z.ZodObject, { except }: { except?: ReadonlySet<string> } = {}): string {
  const { properties = {}, required = [] } = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' });
  const listed = Object.entries(properties).filter(([name]) => !except?.has(name));
  const rows = listed.map(([name, schema]) => {
    const parsed = setting.parse(schema);
    return [code(name), defaultOf(parsed, required.includes(name)), limitsOf(parsed), parsed.description];
  });
  return table(['name', 'default', 'limits', ''], rows);
}

function defaultOf({ default: fallback, 'x-default': shown }: Setting, required: boolean): string {
  if (required) return '**required**';
  if (shown !== undefined || fallback === undefined) return shown ?? '';
  return fallback === '' ? '' : code(String(fallback));
}

function limitsOf({ enum: choices, minimum, maximum, minLength }: Setting): string {
  if (choices) return choices.map(code).join(', ');
  if (minLength !== undefined) return `at least ${minLength} characters`;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum === undefined) return '';
  return bounded ? `${minimum} to ${maximum}` : `at least ${minimum}`;
}

const DATABASE_PARTS = table(
  ['name', 'default', ''],
  [
    [code('DATABASE_HOST'), '**required**', 'Host name or address of Postgres'],
    [code('DATABASE_PORT'), code('5432'), 'Its port'],
    [code('DATABASE_NAME'), code('gatehouse'), 'Database'],
    [code('DATABASE_USER'), '**required**', 'Role of this process'],
    [code('DATABASE_PASSWORD'), '', 'Password of the role; unset with a client certificate'],
    [
      code('DATABASE_SSLMODE'),
      '`verify-full` with a file below, else `disable`',
      '`verify-full`: TLS, with the certificate and the name of the server verified',
    ],
    [
      code('DATABASE_SSLROOTCERT'),
      'the authorities of Node',
      'File with the certificate of the authority of the server',
    ],
    [code('DATABASE_SSLCERT'), '', 'File with the client certificate of this process'],
    [code('DATABASE_SSLKEY'), '', 'File with the key of that certificate'],
  ],
);

/** The page of all settings. */
export const documents: readonly Document[] = [
  page('docs/reference/config.md', [
    '# Settings',
    'Settings are environment variables. An empty variable counts as not set. A process with an invalid setting prints the ' +
      'name and the reason, and ends.',
    '## Secrets in files',
    'Each secret can be given as a file: `SECRET_KEY_FILE` is the path of a file with `SECRET_KEY`. Secrets are ' +
      `${SECRET_SETTINGS.map(code).join(', ')} and, for the command \`roles\`, \`DATABASE_PASSWORD_<SERVICE>\`. ` +
      'The file is read once at the start. It has at most 64 KiB, and a line break at its end does not count. Setting ' +
      'both is an error.',
    '## Every process',
    settingsOf(commonConfig),
    '## Every process on the bus',
    settingsOf(natsConfig),
    '## Every process on Postgres',
    settingsOf(postgresConfig),
    'The parts of `DATABASE_URL`, which replace it:',
    DATABASE_PARTS,
    '## gateway',
    settingsOf(gatewayConfig, { except: SHARED }),
    '## captcha',
    settingsOf(captchaConfig),
    '## consent',
    settingsOf(consentConfig),
    '## courier',
    settingsOf(courierSettings),
    'The courier also needs the `SEAL_KEYS` of the gateway.',
    'Settings of `npm run events`, which creates the stream:',
    settingsOf(eventStreamConfig),
    '## enrollment',
    settingsOf(promptEnvironment.extend(mailConfig.shape)),
    '## identification',
    settingsOf(providersConfig),
    '## mfa',
    settingsOf(authenticatorsConfig.extend({ ...smsConfig.shape, ...webauthnConfig.shape, ...duoConfig.shape })),
    '## password',
    settingsOf(passwordConfig),
    '`UV_THREADPOOL_SIZE`, a setting of Node, is the number of threads that hash; by default two more than the cores. Node reads it at its start, so without it the service starts a child process that has it: there are two processes, and signals to the first reach the second. If the first is killed, the second finishes its requests and exits.',
    '## blueprints',
    settingsOf(flowChangesConfig, { except: VERSIONS }),
    'And `FLOW_VERSIONS_KEPT` of `npm start` and the commands.',
    '## policy',
    settingsOf(policyConfig, { except: GEOIP }),
    'Also `GEOIP_ASN_DATABASE` and `GEOIP_CITY_DATABASE`, as for the gateway.',
    '## standalone and the commands',
    'These, and all settings of the gateway, blueprints, captcha, consent, courier, enrollment, identification, mfa, password and policy. Missing keys and secrets are ' +
      'generated and stored in `GATEHOUSE_DIR`.',
    settingsOf(standaloneConfig.extend({ ...migrationConfig.shape, ...tokenConfig.shape })),
    '`npm run user` needs the `SECRET_KEY`, `PSEUDONYM_KEY` (if set), `SEAL_KEYS` and `BASE_URL` of the gateway. The command `roles` sets the password of the Postgres role ' +
      '`gatehouse_<service>` from `DATABASE_PASSWORD_<SERVICE>`.',
  ]),
];
