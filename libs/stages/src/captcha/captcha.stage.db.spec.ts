import { randomUUID } from 'node:crypto';
import type { PlanContext } from '@gatehouse/contracts';
import { openDataSource } from '@gatehouse/platform';
import { driveStage, stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../../test/support/postgres.js';
import { SiteverifyServer } from '../../../../test/support/siteverify.js';
import { captchaConfig } from './captcha.config.js';
import { captchaContract, PROOF_OF_WORK } from './captcha.contract.js';
import { CaptchaStage } from './captcha.stage.js';
import { CAPTCHA_SCHEMA } from './migrations/index.js';
import { SiteverifyClient } from './siteverify-client.js';
import { SpentTokenRepository } from './spent-token.repository.js';

let database: FreshDatabase;
let source: DataSource;
let server: SiteverifyServer;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: CAPTCHA_SCHEMA, poolSize: 4 });
  server = await SiteverifyServer.open('hush');
});
afterAll(async () => {
  await server?.close();
  await source?.destroy();
  await database?.drop();
});
beforeEach(() => {
  server.override = undefined;
  server.extraMembers = {};
  server.requests.length = 0;
});

const settings = (more: object = {}) =>
  captchaConfig.parse({ CAPTCHA_PROOF_TRIES: 200, CAPTCHA_HOSTS: '127.0.0.1', ...more });
function createStage(more: object = {}) {
  const limits = settings(more);
  return new CaptchaStage(new SiteverifyClient(limits), new SpentTokenRepository(source), limits);
}
interface DriveOptions {
  readonly config?: object;
  readonly context?: PlanContext;
  readonly request?: object;
  readonly handler?: CaptchaStage;
}
const drive = ({ config = {}, context = {}, request = {}, handler = createStage() }: DriveOptions = {}) =>
  driveStage(captchaContract, handler, {
    config: { public_key: 'site', private_key: 'hush', api_url: server.url, ...config },
    context,
    request: { id: randomUUID(), ...request },
  });
/** The part of a request that selects the rules of 2026.8. */
const NEWEST = { site: { ...stageRequestFixture().site, api_version: '2026.8' } };
const error = (code: string, more: object = {}) => ({
  type: 'rejected',
  errors: { token: [{ code, ...more }] },
  challenge: { site_key: 'site' },
});
const goodToken = () => `good ${randomUUID()}`;

describe('a captcha of a provider', () => {
  it('shows the site key, the script and the action', async () => {
    expect(await drive().show()).toEqual({
      type: 'challenge',
      challenge: { site_key: 'site', js_url: 'https://www.recaptcha.net/recaptcha/api.js', interactive: false },
    });
    expect(await drive({ config: { interactive: true } }).show()).toMatchObject({ challenge: { interactive: true } });
    expect(await drive({ config: { action: 'login' } }).show()).toMatchObject({ challenge: { action: 'login' } });
  });

  it('passes a valid token and writes the response of the provider into the context', async () => {
    server.extraMembers = { score: 0.7, hostname: 'id.example.org' };
    expect(await drive().answer({ token: goodToken() })).toEqual({
      type: 'passed',
      context: {
        captcha: {
          response: { success: true, challenge_ts: expect.any(String), ...server.extraMembers },
          stage: 'step',
        },
      },
    });
    expect(server.requests[0]).toMatchObject({ secret: 'hush', remoteip: '203.0.113.7' });
  });

  it('rejects a token with the error codes of the provider', async () => {
    const codes = "['invalid-input-response']";
    expect(await drive().answer({ token: 'bad' })).toMatchObject(error('captcha_refused', { params: { codes } }));
  });

  it('sends the token in the configured format', async () => {
    server.contentTypes.length = 0;
    const config = { request_content_type: 'application/json' };
    expect(await drive({ config }).answer({ token: goodToken() })).toMatchObject({ type: 'passed' });
    expect(server.contentTypes).toEqual(['application/json']);
    expect(server.requests).toEqual([{ secret: 'hush', response: expect.any(String), remoteip: '203.0.113.7' }]);
  });

  it('uses the keys of the context in place of its own, and never shows the secret key', async () => {
    const context = {
      'goauthentik.io/stages/captcha/site_key': 'other site',
      'goauthentik.io/stages/captcha/private_key': 'hush',
    };
    const step = drive({ config: { private_key: 'unused' }, context, request: NEWEST });
    const shown = await step.show();
    expect(shown).toMatchObject({ challenge: { site_key: 'other site' } });
    expect(JSON.stringify(shown)).not.toContain('hush');
    expect(await step.answer({ token: goodToken() })).toMatchObject({ type: 'passed' });
    expect(server.requests).toMatchObject([{ secret: 'hush' }]);
  });

  it('uses its own keys under 2024.8, even if the context has others', async () => {
    const context = {
      'goauthentik.io/stages/captcha/site_key': 'other site',
      'goauthentik.io/stages/captcha/private_key': 'other key',
    };
    const step = drive({ context });
    expect(await step.show()).toMatchObject({ challenge: { site_key: 'site' } });
    expect(await step.answer({ token: goodToken() })).toMatchObject({ type: 'passed' });
    expect(server.requests).toMatchObject([{ secret: 'hush' }]);
  });

  it('rejects tokens under 2026.8 with texts that contain no error codes of the provider', async () => {
    const answer = (token: string) => drive({ request: NEWEST }).answer({ token });
    expect(await answer('bad')).toMatchObject(error('captcha_retry'));
    server.override = (response) => void response.writeHead(500).end();
    expect(await answer(goodToken())).toMatchObject(error('captcha_failed'));
    server.override = (response) => void response.end('{"success":true}');
    const token = goodToken();
    expect(await answer(token)).toMatchObject({ type: 'passed' });
    expect(await answer(token)).toMatchObject(error('captcha_retry'));
  });

  it('accepts a token once, even if the provider accepts it again (accident 59)', async () => {
    server.override = (response) => void response.end('{"success":true}');
    const token = goodToken();
    expect(await drive().answer({ token })).toMatchObject({ type: 'passed' });
    expect(await drive({ handler: createStage() }).answer({ token })).toMatchObject(error('captcha_spent'));
  });

  it('accepts a token once when many processes verify it at the same time', async () => {
    server.override = (response) => void response.end('{"success":true}');
    const token = goodToken();
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => drive({ handler: createStage() }).answer({ token })),
    );
    expect(replies.filter(({ type }) => type === 'passed')).toHaveLength(1);
  });

  it('returns the same reply to a repeated request', async () => {
    server.override = (response) => void response.end('{"success":true}');
    const [token, request] = [goodToken(), { id: randomUUID() }];
    for (const _ of [1, 2]) expect(await drive({ request }).answer({ token })).toMatchObject({ type: 'passed' });
  });

  it('stores only a digest of the token', async () => {
    const token = goodToken();
    await drive().answer({ token });
    const rows = await source.query('SELECT * FROM captcha.spent');
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it.each([
    ['missing', {}, 'required'],
    ['null', { token: null }, 'null'],
    ['blank', { token: ' ' }, 'blank'],
    ['too long', { token: 'x'.repeat(20_000) }, 'max_length'],
  ])('rejects a token that is %s without a request to the provider', async (_title, answer, code) => {
    expect(await drive().answer(answer)).toMatchObject({ type: 'rejected', errors: { token: [{ code }] } });
    expect(server.requests).toEqual([]);
  });
});

describe('an outage of the captcha provider', () => {
  const fallbackId = '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11';
  const failRequests = () => {
    server.override = (response) => void response.writeHead(500).end();
  };

  it('makes the stage reject every token', async () => {
    failRequests();
    expect(await drive().answer({ token: goodToken() })).toMatchObject(error('captcha_failed'));
  });

  it('makes the stage reject every token while the circuit breaker is open', async () => {
    failRequests();
    const handler = createStage({ CAPTCHA_OUTAGE_FAILURES: 1 });
    await drive({ handler }).answer({ token: goodToken() });
    server.override = undefined;
    expect(await drive({ handler }).answer({ token: goodToken() })).toMatchObject(error('captcha_failed'));
    expect(server.requests).toHaveLength(1);
  });

  it('makes the stage insert the fallback stage on a GET and on a response', async () => {
    failRequests();
    const handler = createStage({ CAPTCHA_OUTAGE_FAILURES: 1 });
    const config = { fallback_stage: fallbackId };
    const fallback = { type: 'passed', insert: { where: 'next', steps: [{ attached: fallbackId }] } };
    expect(await drive({ handler, config }).answer({ token: goodToken() })).toEqual(fallback);
    expect(await drive({ handler, config }).show()).toEqual(fallback);
    expect(await drive({ handler, config }).answer({})).toEqual(fallback);
  });

  it('makes the stage insert the fallback stage even if it begins while the used token is stored', async () => {
    const limits = settings({ CAPTCHA_OUTAGE_FAILURES: 1 });
    const siteverify = new SiteverifyClient(limits);
    class OutageRepository extends SpentTokenRepository {
      override async spend(...args: Parameters<SpentTokenRepository['spend']>) {
        failRequests();
        await drive({ handler }).answer({ token: goodToken() });
        return super.spend(...args);
      }
    }
    const handler: CaptchaStage = new CaptchaStage(siteverify, new OutageRepository(source), limits);
    server.override = (response) => void response.end(JSON.stringify({ success: true }));
    const token = goodToken();
    await drive().answer({ token });
    expect(await drive({ handler, config: { fallback_stage: fallbackId } }).answer({ token })).toMatchObject({
      ...{ type: 'passed', insert: { steps: [{ attached: fallbackId }] } },
    });
  });

  it('is not assumed when the provider rejects a token, so no fallback stage is inserted', async () => {
    const config = { fallback_stage: fallbackId };
    expect(await drive({ config }).answer({ token: 'bad' })).toMatchObject(error('captcha_refused'));
    server.override = (response) => void response.writeHead(400).end();
    expect(await drive({ config }).answer({ token: goodToken() })).toMatchObject(error('captcha_failed'));
  });
});

describe('a proof of work', () => {
  const KEY = 'a key of more than thirty-two characters';
  const driveProof = (options: DriveOptions = {}) =>
    drive({ ...options, config: { api_url: PROOF_OF_WORK, private_key: KEY } });
  type Reply = Awaited<ReturnType<ReturnType<typeof drive>['show']>>;
  const keyOf = (reply: Reply) => ('challenge' in reply ? String(reply.challenge['site_key']) : '');
  async function solve(siteKey: string): Promise<string> {
    const challenge = JSON.parse(Buffer.from(siteKey, 'base64').toString());
    const solution = await solveChallenge({ challenge, deriveKey });
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
  }

  it('passes with a solution, without a request to a third party', async () => {
    const step = driveProof();
    const shown = await step.show();
    expect(shown).toMatchObject({ challenge: { js_url: '/static/captcha/proof-of-work.js' } });
    expect(await step.answer({ token: await solve(keyOf(shown)) })).toEqual({
      type: 'passed',
      context: { captcha: { response: { success: true }, stage: 'step' } },
    });
    expect(server.requests).toEqual([]);
  });

  it('stays the same on each GET, and is replaced after a response', async () => {
    const step = driveProof();
    const first = keyOf(await step.show());
    expect(keyOf(await step.show())).toBe(first);
    expect(keyOf(await step.answer({ token: 'wrong' }))).not.toBe(first);
  });

  it('has a solution that is accepted once, and only in its own step (accidents 20, 59)', async () => {
    const [step, other] = [driveProof(), driveProof()];
    await other.show();
    const token = await solve(keyOf(await step.show()));
    expect(await other.answer({ token })).toMatchObject({ errors: { token: [{ code: 'captcha_invalid' }] } });
    expect(await step.answer({ token })).toMatchObject({ type: 'passed' });
    expect(await driveProof().answer({ token })).toMatchObject({ errors: { token: [{ code: 'captcha_invalid' }] } });
  });

  it('has a solution that is accepted once even if many responses arrive at the same time', async () => {
    const steps = [driveProof(), driveProof()];
    const shown = await steps[0]!.show();
    const token = await solve(keyOf(shown));
    const state = 'state' in shown ? shown.state : undefined;
    const answers = Array.from({ length: 6 }, () =>
      driveProof({ request: { id: randomUUID(), state } }).answer({ token }),
    );
    expect((await Promise.all(answers)).filter(({ type }) => type === 'passed')).toHaveLength(1);
  });

  it('requires a configured key of at least 32 characters', () => {
    expect(captchaContract.validate({ api_url: PROOF_OF_WORK, private_key: 'short' })).toHaveProperty('private_key');
    expect(captchaContract.validate({ api_url: PROOF_OF_WORK, private_key: KEY })).toEqual({});
    expect(captchaContract.validate({ private_key: 'short' })).toEqual({});
  });
});
