import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOnce } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startProcess } from '../support/processes.js';

const hasIpv6 = await listenOnce(0, '::1').then(
  () => true,
  () => false,
);

describe('npm start', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-settings-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function start(settings: Readonly<Record<string, string>>) {
    const env = { GATEHOUSE_DIR: folder, PORT: String(await freePort()), GATEHOUSE_BUS: 'in-process', ...settings };
    const running = await startProcess('dist/apps/standalone/src/main.js', env, { ready: /Gatehouse is ready/ });
    return { running, port: env.PORT };
  }

  it('reports in one sentence why it cannot apply the folder of BLUEPRINTS_DIR', async () => {
    const invalid = join(folder, 'blueprints');
    await mkdir(invalid);
    await writeFile(join(invalid, 'a.yaml'), 'version: 1\nentries: 7\n');
    for (const BLUEPRINTS_DIR of [join(folder, 'nowhere'), invalid]) {
      const refusal = String(await start({ BLUEPRINTS_DIR }).catch((error: unknown) => error));
      expect(refusal).toMatch(new RegExp(`\ngatehouse: ${BLUEPRINTS_DIR}.*\n?$`));
    }
  });

  it.skipIf(!hasIpv6)('starts at an IPv6 address, without a BASE_URL', async () => {
    const { running, port } = await start({ HOST: '::1' });
    const page = `http://[::1]:${port}/if/flow/default-authentication-flow/`;
    const { status } = await fetch(page);
    await running.stop();
    expect(running.output()).toContain(`Gatehouse is ready: ${page}\n`);
    expect(status).toBe(200);
  });
});
