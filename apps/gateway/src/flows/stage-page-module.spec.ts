import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stagePageKeys, verifiedPageModule } from './stage-page-module.js';

const KIND = 'x_acme_map';
const CODE = 'addEventListener("message", () => undefined)';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const publicText = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
const keys = stagePageKeys.parse(`x_other=${'A'.repeat(43)}=, x_acme=${publicText}`);

/** Returns a page with a module, signed for a kind. */
const signed = (kind: string, code = CODE) => ({
  module: {
    code,
    signature: sign(null, Buffer.from(`gatehouse stage page 1\n${kind}\n${code}`), privateKey).toString('base64'),
  },
});

describe('a page module', () => {
  it('is accepted if a key of its vendor verifies it, and gets the hash for the Content-Security-Policy', () => {
    expect(verifiedPageModule({ kind: KIND, page: signed(KIND) }, keys)).toEqual({
      code: CODE,
      integrity: expect.stringMatching(/^sha256-[A-Za-z0-9+/]{43}=$/),
    });
  });

  it.each([
    ['was changed after it was signed', { kind: KIND, page: { module: { ...signed(KIND).module, code: `${CODE} ` } } }],
    ['was signed for another kind', { kind: KIND, page: signed('x_acme_form') }],
    ['is of another vendor', { kind: 'x_acme2_map', page: signed('x_acme2_map') }],
    ['has an invalid signature', { kind: KIND, page: { module: { code: CODE, signature: 'AAAA' } } }],
  ])('is not run if it %s', (_what, stage) => {
    expect(verifiedPageModule(stage, keys)).toBeUndefined();
  });

  it('can be signed by npm run sign:stage-page, which makes a key and prints the setting STAGE_PAGE_KEYS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stage-page-'));
    writeFileSync(join(folder, 'page.js'), CODE);
    writeFileSync(join(folder, 'broken.js'), '"</script>"');
    const run = (file: string) =>
      spawnSync('node', ['tools/sign-stage-page.mjs', KIND, join(folder, file), join(folder, 'acme.pem')], {
        encoding: 'utf8',
      });
    const [{ stdout, stderr }, again, broken] = [run('page.js'), run('page.js'), run('broken.js')];
    rmSync(folder, { recursive: true });
    const [, setting = ''] = /^STAGE_PAGE_KEYS=(.+)$/m.exec(stderr) ?? [];
    const page = { module: JSON.parse(stdout) };
    expect(verifiedPageModule({ kind: KIND, page }, stagePageKeys.parse(setting))?.code).toBe(CODE);
    expect([again.stdout, broken.status]).toEqual([stdout, 1]);
  });

  it('is not run if no key is set', () => {
    expect(verifiedPageModule({ kind: KIND, page: signed(KIND) }, [])).toBeUndefined();
  });

  it.each(['x_acme', 'x_acme=short', `acme=${publicText}`, `x_acme_map=${publicText}`])(
    'needs STAGE_PAGE_KEYS to be valid, and %s is refused',
    (text) => {
      expect(stagePageKeys.safeParse(text).success).toBe(false);
    },
  );
});
