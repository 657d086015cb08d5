import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment } from '../support/deployment.js';
import { type Case, caseNames, readCase } from './case.js';
import { CaseRun } from './case-run.js';
import { OutsideServers } from './outside-servers.js';

const names = caseNames();
const cases = new Map<string, Case>();
const SUFFIX = 'x1';
let deployment: Deployment;
let outside: OutsideServers;

beforeAll(async () => {
  outside = await OutsideServers.open();
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    host: 'localhost',
    blueprints: [],
    services: ['identification', 'password', 'session', 'captcha', 'consent', 'enrollment', 'mfa', 'policy', 'courier'],
    environment: {
      ...outside.mailbox.settings,
      ...{ CAPTCHA_HOSTS: '127.0.0.1', EMAIL_RESEND_S: '0', BLUEPRINT_FILES: join(import.meta.dirname, 'files') },
    },
    // The failed logins of all cases come from one address, and must not delay each other.
    gateway: { NETWORK_ATTEMPTS_FREE: '100000', ANONYMOUS_RATE: '0', NEW_SESSION_RATE: '0' },
  });
  const placeholders = {
    ...{ __U__: SUFFIX, __BASE__: deployment.url, __STUB__: `127.0.0.1:${outside.captchaPort}` },
    ...{ __SMTP_HOST__: '127.0.0.1', __SMTP_PORT__: String(outside.mailbox.port) },
  };
  for (const name of names) cases.set(name, readCase(name, placeholders));
  await applyAll([...cases]);
});
afterAll(async () => {
  await deployment.close();
  await outside.close();
});

async function applyAll(all: readonly (readonly [name: string, Case])[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-cases-'));
  try {
    for (const [name, { blueprint }] of all) await writeFile(join(folder, `${name}.yaml`), blueprint);
    await deployment.applyFiles(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a client of authentik 2026.8', () => {
  it.each(names)('gets the responses that the case %s expects', async (name) => {
    const place = { base: deployment.url, key: `${name}${SUFFIX}`, outside };
    expect(await new CaseRun(cases.get(name)!, place).findDifference()).toBeUndefined();
  });
});
