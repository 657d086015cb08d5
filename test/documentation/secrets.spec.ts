import { readFileSync } from 'node:fs';
import { authenticatorsConfig } from '@gatehouse/authenticators';
import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { gatewayConfig } from '../../apps/gateway/src/gateway.config.js';
import { courierConfig } from '../../libs/courier/src/courier.config.js';
import { flowChangesConfig } from '../../libs/flow-changes/src/flow-changes.config.js';
import { policyConfig } from '../../libs/policies/src/policy.config.js';
import { providersConfig } from '../../libs/providers/src/providers.config.js';
import { mailConfig } from '../../libs/stage-kit/src/mail-limits.js';
import { captchaConfig } from '../../libs/stages/src/captcha/captcha.config.js';
import { consentConfig } from '../../libs/stages/src/consent/consent.config.js';
import { passwordConfig } from '../../libs/stages/src/password/password.config.js';
import { promptEnvironment } from '../../libs/stages/src/prompt/prompt.config.js';
import { type Container, readCompose } from '../deploy/compose.js';
import { freshEnvironment } from '../deploy/env-file.js';

const page = readFileSync('docs/how-to/rotate-secrets.md', 'utf8');

/** For each service, the schemas of the settings that it reads. */
const READ: Readonly<Record<string, readonly z.ZodObject[]>> = {
  gateway: [gatewayConfig],
  blueprints: [flowChangesConfig],
  captcha: [captchaConfig],
  consent: [consentConfig],
  courier: [courierConfig],
  enrollment: [promptEnvironment, mailConfig],
  identification: [providersConfig],
  mfa: [authenticatorsConfig],
  password: [passwordConfig],
  policy: [policyConfig],
};
const readersOf = (name: string) =>
  Object.keys(READ).filter((service) => READ[service]!.some(({ shape }) => name in shape));

/** For each secret, the processes that its row of the table on the page names. */
const rows = new Map(
  [...page.matchAll(/^\| `([A-Z_]+)` \| ([a-z, ]+) \|/gm)].map(([, name = '', who = '']) => [name, who.split(', ')]),
);
const SECRETS = [
  'SEAL_KEYS',
  'MFA_SEAL_KEYS',
  'JWT_SIGNING_KEYS',
  'SECRET_KEY',
  'PSEUDONYM_KEY',
  'WEBHOOKS',
  'SIGNAL_TRANSMITTERS',
];

describe('the page rotate-secrets.md', () => {
  let containers: Readonly<Record<string, Container>>;
  beforeAll(async () => {
    containers = readCompose(await freshEnvironment());
  });

  it.each(SECRETS)('names exactly the services that read %s, and the operator if it has the setting', (name) => {
    const operator = name in containers['operator']!.environment! ? ['operator'] : [];
    expect(rows.get(name)?.toSorted((a, b) => a.localeCompare(b))).toEqual(
      [...readersOf(name), ...operator].toSorted((a, b) => a.localeCompare(b)),
    );
  });

  it('has commands that restart every service that reads a rotated key', () => {
    const rolled = [...page.matchAll(/npm run deploy -- roll ([a-z ]+)/g)].map(([, list = '']) => list.split(' '));
    const sealing = new Set([...readersOf('SEAL_KEYS'), ...readersOf('MFA_SEAL_KEYS')]);
    // The last `roll` command on the page is the example of an nkey.
    const expected = [sealing, new Set(readersOf('JWT_SIGNING_KEYS')), new Set(['mfa'])];
    expect(rolled.map((list) => new Set(list))).toEqual(expected);
    const onHosts = /restart\s([^]*?), one instance/.exec(page)?.[1] ?? '';
    expect(new Set([...onHosts.matchAll(/`(\w+)`/g)].map(([, service]) => service))).toEqual(sealing);
  });
});
