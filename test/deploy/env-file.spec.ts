import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningKeys } from '@gatehouse/platform';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sealer } from '../../libs/platform/src/sealing.js';
import { SERVICES } from './catalogue.js';
import { isSecret } from './compose.js';
import { completeEnvFile, completeFolder, freshEnvironment, readEnvFile } from './env-file.js';

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
    const { BASE_URL, SEAL_KEYS, MFA_SEAL_KEYS, JWT_SIGNING_KEYS, ...secrets } = await readEnvFile(file);
    expect(BASE_URL).toBe('http://localhost:9000');
    for (const keys of [SEAL_KEYS, MFA_SEAL_KEYS]) expect(() => new Sealer(keys ?? '')).not.toThrow();
    expect(MFA_SEAL_KEYS).not.toBe(SEAL_KEYS);
    expect(new SigningKeys(JWT_SIGNING_KEYS ?? '').keyIds).toEqual(['k1']);
    expect(new Set(Object.values(secrets)).size).toBe(Object.keys(secrets).length);
    // A value in these forms needs no quotes in NATS's configuration and no escapes in a URL.
    for (const secret of Object.values(secrets)) expect(secret).toMatch(/^([a-z][a-z0-9]{32,}|S?U[A-Z2-7]{50,})$/);
  });

  it('makes an existing file readable only to its owner when it adds secrets to it', async () => {
    const secrets = join(folder, 'secrets.env');
    for (const path of [file, secrets]) await writeFile(path, '# mine\n', { mode: 0o644 });
    await completeFolder(folder);
    expect((await stat(secrets)).mode & 0o777).toBe(0o600);
    await completeEnvFile(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('gives each NATS user a seed, and the server the public key that belongs to it', async () => {
    await completeEnvFile(file);
    const env = await readEnvFile(file);
    const seeds = Object.entries(env).filter(([name]) => name.startsWith('NATS_NKEY_SEED_'));
    expect(seeds).toHaveLength([...SERVICES, 'operator', 'checker'].length);
    for (const [name, seed] of seeds) {
      const pair = nkeys.fromSeed(new TextEncoder().encode(seed));
      expect(env[name.replace('SEED_', '')]).toBe(pair.getPublicKey());
    }
  });

  it('adds the public key of a seed that is already in the file, and refuses a damaged seed', async () => {
    const pair = nkeys.createUser();
    const seed = new TextDecoder().decode(pair.getSeed());
    await writeFile(file, `NATS_NKEY_SEED_MFA=${seed}\n`);
    await completeEnvFile(file);
    expect((await readEnvFile(file))['NATS_NKEY_MFA']).toBe(pair.getPublicKey());

    for (const damaged of [seed.slice(1), seed.replace(/.$/, '1'), seed.toLowerCase(), 'SU']) {
      await writeFile(file, `NATS_NKEY_SEED_MFA=${damaged}\n`);
      await expect(completeEnvFile(file)).rejects.toThrow('NATS_NKEY_SEED_MFA is not an nkey seed of a NATS user');
      expect(await readFile(file, 'utf8')).toBe(`NATS_NKEY_SEED_MFA=${damaged}\n`);
    }
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
    expect(first).toHaveProperty('NATS_NKEY_SEED_GATEWAY');
    await appendFile(file, '# mine too\n');
    expect(await completeEnvFile(file)).toMatch(/nothing is missing/);
    expect(await readEnvFile(file)).toEqual(first);
  });

  it('writes the secrets of a compose deployment to secrets.env, and all other settings to .env', async () => {
    await completeFolder(folder);
    const [settings, secrets] = await Promise.all([readEnvFile(file), readEnvFile(join(folder, 'secrets.env'))]);
    expect((await stat(join(folder, 'secrets.env'))).mode & 0o777).toBe(0o600);
    expect(Object.keys(settings)).toEqual(expect.arrayContaining(['BASE_URL', 'NATS_NKEY_GATEWAY']));
    expect(Object.keys(settings).filter(isSecret)).toEqual([]);
    expect(Object.keys({ ...settings, ...secrets }).sort()).toEqual(Object.keys(await freshEnvironment()).sort());
  });

  it('moves the secrets of an older `.env` to `secrets.env`, and keeps their values', async () => {
    await writeFile(file, 'BASE_URL=https://id.example.org\n# mine\nSECRET_KEY=mine\nMAIL_PASSWORD=also mine');
    await appendFile(file, '\nPSEUDONYM_KEY=for good');
    await completeFolder(folder);
    const secrets = await readEnvFile(join(folder, 'secrets.env'));
    expect(secrets).toMatchObject({ SECRET_KEY: 'mine', MAIL_PASSWORD: 'also mine', PSEUDONYM_KEY: 'for good' });
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^BASE_URL=https:\/\/id\.example\.org\n# mine\n/);
    expect(text).not.toMatch(/also mine|for good/);
    await completeFolder(folder);
    expect(await readEnvFile(join(folder, 'secrets.env'))).toEqual(secrets);
  });

  it('fails without any change if `.env` and `secrets.env` have different values of a secret', async () => {
    const secrets = join(folder, 'secrets.env');
    await writeFile(file, 'SEAL_KEYS=of an old backup\n');
    await writeFile(secrets, 'SEAL_KEYS=in use\n');
    await expect(completeFolder(folder)).rejects.toThrow('.env and secrets.env have different values of SEAL_KEYS.');
    expect(await readFile(secrets, 'utf8')).toBe('SEAL_KEYS=in use\n');
    await writeFile(file, 'SEAL_KEYS=in use\n');
    await completeFolder(folder);
    expect(await readEnvFile(secrets)).toMatchObject({ SEAL_KEYS: 'in use' });
  });
});
