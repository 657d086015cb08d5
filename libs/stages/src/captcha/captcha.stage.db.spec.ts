import { randomUUID } from 'node:crypto';
import { migrate, openDataSource } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../../test/support/postgres.js';
import { SiteverifyServer } from '../../../../test/support/siteverify.js';
import { captchaConfig } from './captcha.config.js';
import { captchaContract, PROOF_OF_WORK } from './captcha.contract.js';
import { CaptchaStage } from './captcha.stage.js';
import { CAPTCHA_SCHEMA, captchaMigrations } from './migrations/index.js';
import { SiteverifyClient } from './siteverify-client.js';
import { TypeormSpentTokens } from './spent-token.repository.js';

let database: FreshDatabase;
let source: DataSource;
let server: SiteverifyServer;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate({ url: database.url, schema: CAPTCHA_SCHEMA, migrations: captchaMigrations });
  source = await openDataSource({ url: database.url, schema: CAPTCHA_SCHEMA, poolSize: 4 });
  server = await SiteverifyServer.open('hush');
});
afterAll(async () => {
  await server?.close();
  await source?.destroy();
  await database?.drop();
});
beforeEach(() => {
  server.instead = undefined;
  server.more = {};
  server.asked.length = 0;
});

const settings = (more: object = {}) =>
  captchaConfig.parse({ CAPTCHA_PROOF_TRIES: 200, CAPTCHA_HOSTS: '127.0.0.1', ...more });
function stage(more: object = {}) {
  const limits = settings(more);
  return new CaptchaStage(new SiteverifyClient(limits), new TypeormSpentTokens(source), limits);
}
interface Given {
  readonly config?: object;
  readonly request?: object;
  readonly by?: CaptchaStage;
}
const drive = ({ config = {}, request = {}, by = stage() }: Given = {}) =>
  driveStage(captchaContract, by, {
    config: { public_key: 'site', private_key: 'hush', api_url: server.url, ...config },
    request: { id: randomUUID(), ...request },
  });
const error = (code: string, more: object = {}) => ({
  type: 'rejected',
  errors: { token: [{ code, ...more }] },
  challenge: { site_key: 'site' },
});
const good = () => `good ${randomUUID()}`;

describe('a captcha of a provider', () => {
  it('shows the site key and the script, and what the puzzle is for', async () => {
    expect(await drive().show()).toEqual({
      type: 'challenge',
      challenge: { site_key: 'site', js_url: 'https://www.recaptcha.net/recaptcha/api.js' },
    });
    expect(await drive({ config: { action: 'login' } }).show()).toMatchObject({ challenge: { action: 'login' } });
  });

  it('passes a good token, and tells policies what the provider said', async () => {
    server.more = { score: 0.7, hostname: 'id.example.org' };
    expect(await drive().answer({ token: good() })).toEqual({
      type: 'passed',
      context: {
        captcha: { response: { success: true, challenge_ts: expect.any(String), ...server.more }, stage: 'step' },
      },
    });
    expect(server.asked[0]).toMatchObject({ secret: 'hush', remoteip: '203.0.113.7' });
  });

  it('says what the provider has against a token', async () => {
    const codes = "['invalid-input-response']";
    expect(await drive().answer({ token: 'bad' })).toMatchObject(error('captcha_refused', { params: { codes } }));
  });

  it('takes a token once, even where its provider would take it again (accident 59)', async () => {
    server.instead = (response) => void response.end('{"success":true}');
    const token = good();
    expect(await drive().answer({ token })).toMatchObject({ type: 'passed' });
    expect(await drive({ by: stage() }).answer({ token })).toMatchObject(error('captcha_spent'));
  });

  it('takes a token once of many that come at once, by whichever process', async () => {
    server.instead = (response) => void response.end('{"success":true}');
    const token = good();
    const replies = await Promise.all(Array.from({ length: 8 }, () => drive({ by: stage() }).answer({ token })));
    expect(replies.filter(({ type }) => type === 'passed')).toHaveLength(1);
  });

  it('answers the same request alike when it comes again', async () => {
    server.instead = (response) => void response.end('{"success":true}');
    const [token, request] = [good(), { id: randomUUID() }];
    for (const _ of [1, 2]) expect(await drive({ request }).answer({ token })).toMatchObject({ type: 'passed' });
  });

  it('keeps nothing of a token that anybody could read', async () => {
    const token = good();
    await drive().answer({ token });
    const rows = await source.query('SELECT * FROM captcha.spent');
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it.each([
    ['nothing', {}, 'required'],
    ['null', { token: null }, 'null'],
    ['blank', { token: ' ' }, 'blank'],
    ['too long', { token: 'x'.repeat(20_000) }, 'max_length'],
  ])('refuses %s without asking anybody', async (_what, answer, code) => {
    expect(await drive().answer(answer)).toMatchObject({ type: 'rejected', errors: { token: [{ code }] } });
    expect(server.asked).toEqual([]);
  });
});

describe('a provider that is out', () => {
  const other = '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11';
  const fail = () => {
    server.instead = (response) => void response.writeHead(500).end();
  };

  it('lets nobody through', async () => {
    fail();
    expect(await drive().answer({ token: good() })).toMatchObject(error('captcha_failed'));
  });

  it('lets nobody through who shows a token while it is left alone', async () => {
    fail();
    const by = stage({ CAPTCHA_OUTAGE_FAILURES: 1 });
    await drive({ by }).answer({ token: good() });
    server.instead = undefined;
    expect(await drive({ by }).answer({ token: good() })).toMatchObject(error('captcha_failed'));
    expect(server.asked).toHaveLength(1);
  });

  it('leaves the question to the stage that takes over, whether it is asked or shown', async () => {
    fail();
    const by = stage({ CAPTCHA_OUTAGE_FAILURES: 1 });
    const config = { fallback_stage: other };
    const instead = { type: 'passed', insert: { where: 'next', steps: [{ attached: other }] } };
    expect(await drive({ by, config }).answer({ token: good() })).toEqual(instead);
    expect(await drive({ by, config }).show()).toEqual(instead);
    expect(await drive({ by, config }).answer({})).toEqual(instead);
  });

  it('does not leave it to another because of a token that was refused', async () => {
    const config = { fallback_stage: other };
    expect(await drive({ config }).answer({ token: 'bad' })).toMatchObject(error('captcha_refused'));
    server.instead = (response) => void response.writeHead(400).end();
    expect(await drive({ config }).answer({ token: good() })).toMatchObject(error('captcha_failed'));
  });
});

describe('a captcha that is a proof of work', () => {
  const KEY = 'a key of more than thirty-two characters';
  const proof = (more: Given = {}) => drive({ ...more, config: { api_url: PROOF_OF_WORK, private_key: KEY } });
  type Shown = Awaited<ReturnType<ReturnType<typeof drive>['show']>>;
  const keyOf = (reply: Shown) => ('challenge' in reply ? String(reply.challenge['site_key']) : '');
  async function solve(siteKey: string): Promise<string> {
    const challenge = JSON.parse(Buffer.from(siteKey, 'base64').toString());
    const solution = await solveChallenge({ challenge, deriveKey });
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
  }

  it('is solved by whoever does the work, and asks no third party', async () => {
    const step = proof();
    const shown = await step.show();
    expect(shown).toMatchObject({ challenge: { js_url: '/static/captcha/proof-of-work.js' } });
    expect(await step.answer({ token: await solve(keyOf(shown)) })).toEqual({
      type: 'passed',
      context: { captcha: { response: { success: true }, stage: 'step' } },
    });
    expect(server.asked).toEqual([]);
  });

  it('is the same question until it is answered, and another one after that', async () => {
    const step = proof();
    const first = keyOf(await step.show());
    expect(keyOf(await step.show())).toBe(first);
    expect(keyOf(await step.answer({ token: 'wrong' }))).not.toBe(first);
  });

  it('is solved once, and in no other step (accidents 20, 59)', async () => {
    const [step, other] = [proof(), proof()];
    await other.show();
    const token = await solve(keyOf(await step.show()));
    expect(await other.answer({ token })).toMatchObject({ errors: { token: [{ code: 'captcha_invalid' }] } });
    expect(await step.answer({ token })).toMatchObject({ type: 'passed' });
    expect(await proof().answer({ token })).toMatchObject({ errors: { token: [{ code: 'captcha_invalid' }] } });
  });

  it('is solved once of many answers that come at once', async () => {
    const steps = [proof(), proof()];
    const shown = await steps[0]!.show();
    const token = await solve(keyOf(shown));
    const state = 'state' in shown ? shown.state : undefined;
    const answers = Array.from({ length: 6 }, () => proof({ request: { id: randomUUID(), state } }).answer({ token }));
    expect((await Promise.all(answers)).filter(({ type }) => type === 'passed')).toHaveLength(1);
  });

  it('has a key that nobody guesses', () => {
    expect(captchaContract.admit({ api_url: PROOF_OF_WORK, private_key: 'short' })).toHaveProperty('private_key');
    expect(captchaContract.admit({ api_url: PROOF_OF_WORK, private_key: KEY })).toEqual({});
    expect(captchaContract.admit({ private_key: 'short' })).toEqual({});
  });
});
