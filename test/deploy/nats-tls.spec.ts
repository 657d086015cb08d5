import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NatsSettings, natsOptions } from '../../libs/platform/src/nats-connection.js';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import { type RunningProcess, startProcess } from '../support/processes.js';
import { freshEnvironment } from './env-file.js';
import { isInstalled } from './installed.js';

describe.skipIf(!isInstalled('openssl'))('NATS over TLS, as the overlay tls configures it', () => {
  describeWithNats('a service', () => {
    let folder: string;
    let env: Record<string, string>;
    let nats: RunningNats | undefined;
    let service: RunningProcess | undefined;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'));
      const subject = ['-subj', '/CN=nats', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
      const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
        stdio: 'ignore',
      });
      env = await freshEnvironment();
    });
    afterEach(async () => {
      await service?.stop();
      await nats?.stop();
      [service, nats] = [undefined, undefined];
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** Starts NATS with the users of deploy/nats. Returns the settings of the service `session`. */
    async function serve(tls: string) {
      const config = `${await readFile('deploy/nats/nats.conf', 'utf8')}${tls}`;
      nats = await startNats({ config, env });
      const NATS_URL = nats.url.replace('nats://127.0.0.1', 'tls://localhost');
      return { NATS_NKEY_SEED: env['NATS_NKEY_SEED_SESSION'] ?? '', NATS_URL };
    }
    const start = async (settings: Record<string, string>) => {
      service = await startProcess('dist/apps/session/src/main.js', settings, { ready: /"serving"/ });
    };
    const serveTls = () => serve(`tls { cert_file: "${folder}/tls.crt", key_file: "${folder}/tls.key" }`);

    it('starts when it trusts the issuer of the certificate', async () => {
      const settings = { ...(await serveTls()), NODE_EXTRA_CA_CERTS: `${folder}/tls.crt` };
      await expect(start(settings)).resolves.toBeUndefined();
    });

    /** Connects with the options of every process, but without retries, which would never end. */
    const connectOnce = (settings: NatsSettings) =>
      connect({ ...natsOptions(settings, 'session'), waitOnFirstConnect: false, reconnect: false });

    it('does not log in to a server that it does not trust', async () => {
      await expect(connectOnce(await serveTls())).rejects.toThrow(/self-signed certificate/);
    });

    it('does not log in to a server without TLS', async () => {
      await expect(connectOnce(await serve(''))).rejects.toThrow(/does not support 'tls'/);
    });
  });
});
