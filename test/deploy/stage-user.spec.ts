import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvFile } from './env-file.js';
import { deployStage } from './stage-user.js';

describe('npm run deploy:stage', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-stage-user-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = (file: string) => readFile(join(folder, file), 'utf8');

  it('writes the secret of a stage to a file that only its owner can read, and NATS_STAGES to .env once', async () => {
    await writeFile(join(folder, '.env'), 'BASE_URL=https://id.example.org');
    await deployStage(folder, 'x_acme_terms');
    await deployStage(folder, 'x_acme_quiz');
    expect(await read('.env')).toBe('BASE_URL=https://id.example.org\nNATS_STAGES=./stages/nats\n');
    for (const kind of ['x_acme_terms', 'x_acme_quiz']) {
      const file = join(folder, 'stages', `${kind}.env`);
      expect((await stat(file)).mode & 0o077).toBe(0);
      const { NATS_URL, NATS_NKEY_SEED = '' } = await readEnvFile(file);
      expect(NATS_URL).toBe('nats://nats:4222');
      expect(NATS_NKEY_SEED).toMatch(/^SU/);
      expect(await read('stages/nats/users.conf')).not.toContain(NATS_NKEY_SEED);
    }
  });

  it('writes into a named folder, such as an overlay of Kubernetes, without creating .env', async () => {
    await deployStage(folder, 'x_acme_terms', 'mine');
    expect(await read('mine/nats/users.conf')).toMatch(/^STAGE_USER_1: \{\n {2}nkey: U\w+\n/);
    await expect(read('.env')).rejects.toThrow('ENOENT');
  });

  it('writes secrets into files that git ignores, if the folders are those of the guide', () => {
    const secret = [
      'stages/x_acme_pin.env',
      'deploy/k8s/overlays/mine/secrets.env',
      'deploy/k8s/overlays/mine/nats/users.conf',
    ];
    const seed = 'deploy/k8s/overlays/x-acme-pin/x_acme_pin.env';
    const shipped = 'deploy/k8s/overlays/example/kustomization.yaml';
    const ignored = execFileSync('git', ['check-ignore', '--no-index', ...secret, seed, shipped], { encoding: 'utf8' });
    expect(ignored.trim().split('\n')).toEqual([...secret, seed]);
  });

  it('refuses a second user for a kind, a ninth user and invalid arguments without changing a file', async () => {
    for (let i = 1; i <= 8; i++) await deployStage(folder, `x_acme_s${i}`);
    const users = await read('stages/nats/users.conf');
    await expect(deployStage(folder, 'x_acme_s1')).rejects.toThrow('has a user for x_acme_s1. Remove its lines');
    await expect(deployStage(folder, 'x_acme_s9')).rejects.toThrow('has 8 users. Let one user serve several stages');
    for (const args of [
      [],
      ['password'],
      ['X_acme_terms'],
      ['x_acme_terms', 'mine', 'more'],
      [`x_a_${'b'.repeat(45)}`],
    ])
      await expect(deployStage(folder, ...args)).rejects.toThrow('usage: npm run deploy:stage');
    expect(await read('stages/nats/users.conf')).toBe(users);
  });
});
