import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOnce } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { freePort, startProcess } from '../support/processes.js';

const hasIpv6 = await listenOnce(0, '::1').then(
  () => true,
  () => false,
);

it.skipIf(!hasIpv6)('npm start starts at an IPv6 address, without a BASE_URL', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-address-'));
  try {
    const env = { GATEHOUSE_DIR: folder, HOST: '::1', PORT: String(await freePort()), GATEHOUSE_BUS: 'in-process' };
    const running = await startProcess('dist/apps/standalone/src/main.js', env, { ready: /Gatehouse is ready/ });
    const page = `http://[::1]:${env.PORT}/if/flow/default-authentication-flow/`;
    const { status } = await fetch(page);
    await running.stop();
    expect(running.output()).toContain(`Gatehouse is ready: ${page}\n`);
    expect(status).toBe(200);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
