import { appendFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sealer } from '../../libs/platform/src/sealing.js';
import { completeEnvFile, readEnvFile } from './env-file.js';

describe('npm run deploy:env', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-env-'));
    file = join(folder, '.env');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes a file that only its owner can read, with a different secret for each setting', async () => {
    expect(await completeEnvFile(file)).toMatch(/\d+ settings added/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { BASE_URL, SEAL_KEYS, MFA_SEAL_KEYS, ...secrets } = await readEnvFile(file);
    expect(BASE_URL).toBe('http://localhost:9000');
    for (const keys of [SEAL_KEYS, MFA_SEAL_KEYS]) expect(() => new Sealer(keys ?? '')).not.toThrow();
    expect(MFA_SEAL_KEYS).not.toBe(SEAL_KEYS);
    expect(new Set(Object.values(secrets)).size).toBe(Object.keys(secrets).length);
    // A secret in this form needs no quotes in NATS's configuration and no escapes in a URL.
    for (const secret of Object.values(secrets)) expect(secret).toMatch(/^[a-z][a-z0-9]{32,}$/);
  });

  it('generates new secrets each time', async () => {
    const another = join(folder, 'another');
    await Promise.all([completeEnvFile(file), completeEnvFile(another)]);
    expect((await readEnvFile(file))['SECRET_KEY']).not.toBe((await readEnvFile(another))['SECRET_KEY']);
  });

  it('adds missing settings to a file and keeps the existing settings', async () => {
    await writeFile(file, 'BASE_URL=https://id.example.org\nSECRET_KEY=mine');
    await completeEnvFile(file);
    const first = await readEnvFile(file);
    expect(first).toMatchObject({ BASE_URL: 'https://id.example.org', SECRET_KEY: 'mine' });
    expect(first).toHaveProperty('NATS_PASSWORD_GATEWAY');
    await appendFile(file, '# mine too\n');
    expect(await completeEnvFile(file)).toMatch(/nothing is missing/);
    expect(await readEnvFile(file)).toEqual(first);
  });
});
