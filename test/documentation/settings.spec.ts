import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { readConfig } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gatewaySettings } from '../../apps/gateway/src/gateway.config.js';
import { courierSettings } from '../../libs/courier/src/courier.config.js';
import { DocumentedCommands } from '../support/documented-commands.js';

/** For each placeholder on the pages, the value that replaces it: a webhook secret or a bearer token. */
const SECRETS = {
  'whsec_…': `whsec_${randomBytes(32).toString('base64')}`,
  '"token":"…"': '"token":"a-token-of-this-test"',
};

/** Parses a block of lines `NAME=VALUE`. */
const settingsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => /^(\w+)=(.*)$/.exec(line)!.slice(1) as [string, string]),
  );

interface SettingsOfPage {
  readonly name: string;
  readonly pattern: RegExp;
  readonly config: z.ZodObject;
  /** A subset of the parsed settings. */
  readonly expected: object;
}

describe('how-to pages', () => {
  it('make a webhook secret with openssl that the courier accepts', () => {
    const command = DocumentedCommands.of('docs/how-to/webhooks.md').block('sh', /openssl/);
    const secret = execFileSync('bash', ['-c', command], { encoding: 'utf8' }).trim();
    const WEBHOOKS = JSON.stringify([{ name: 'siem', url: 'https://siem.example.org/', secrets: [secret] }]);
    expect(() => readConfig(courierSettings.pick({ WEBHOOKS: true }), { WEBHOOKS })).not.toThrow();
  });

  it.each<SettingsOfPage>([
    {
      ...{ name: 'webhooks', pattern: /^WEBHOOKS=/, config: courierSettings },
      expected: { WEBHOOKS: [{ name: 'siem', actions: new Set(['login', 'login_failed']) }] },
    },
    {
      ...{ name: 'shared-signals', pattern: /^WEBHOOKS=/, config: courierSettings },
      expected: { WEBHOOKS: [{ name: 'shop', set: { audience: 'shop' } }] },
    },
    {
      ...{ name: 'shared-signals', pattern: /^SIGNAL_/, config: gatewaySettings },
      expected: { SIGNAL_TRANSMITTERS: [{ name: 'partner', source: 'partner' }] },
    },
    {
      ...{ name: 'trace-a-login', pattern: /^OTEL_.*\nOTEL_/, config: gatewaySettings },
      expected: { OTEL_TRACES_SAMPLER_ARG: 0.01 },
    },
    {
      ...{ name: 'trace-a-login', pattern: /^TRACEPARENT/, config: gatewaySettings },
      expected: { TRACEPARENT: 'join' },
    },
    { name: 'write-a-client', pattern: /^CORS_ORIGINS/, config: gatewaySettings, expected: {} },
  ])('show valid settings in $name.md: $pattern', ({ name, pattern, config, expected }) => {
    const page = DocumentedCommands.of(`docs/how-to/${name}.md`);
    const text = page.block(/WEBHOOKS|SIGNAL/.test(pattern.source) ? 'text' : 'sh', pattern);
    const settings = settingsIn(Object.entries(SECRETS).reduce((all, [from, to]) => all.replaceAll(from, to), text));
    for (const setting of Object.keys(settings)) expect(Object.keys(config.shape)).toContain(setting);
    const shape = Object.entries(config.shape).filter(([setting]) => setting in settings);
    expect(readConfig(z.object(Object.fromEntries(shape)), settings)).toMatchObject(expected);
  });
});
