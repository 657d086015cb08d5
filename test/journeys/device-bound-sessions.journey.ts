import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { DeviceBoundBrowser } from '../support/device-bound-browser.js';

const COMMON_PASSWORD = 'correct-horse-7';
const REGISTRATION = '/device-bound-session/registration/';
const BOUND_COOKIE = '__Host-gatehouse_bound';
const ENDED = { continue: false };

let deployment: Deployment;
let gateways: readonly string[];

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('mallory'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('two-pages', [DUMMY, DUMMY], { authentication: 'require_authenticated' }),
        flowEntries('for-all', [DUMMY, DUMMY]),
        flowEntries('bye', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
    gateway: { DEVICE_BOUND_SESSIONS: 'true' },
  });
  gateways = [deployment.url, await deployment.openAnotherGateway()];
});
afterAll(() => deployment?.close());

async function logIn<B extends Browser>(browser: B, username = 'alice'): Promise<B> {
  await browser.show('login');
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: COMMON_PASSWORD });
  return browser;
}
const boundBrowser = (username?: string) => logIn(new DeviceBoundBrowser(gateways), username);

/** Returns the browser of a thief with some of the cookies. */
function thiefOf(browser: Browser, ...names: readonly string[]): Browser {
  const thief = new Browser(gateways);
  for (const name of names) thief.plant(browser.cookie(name), name);
  return thief;
}
const runOf = async (browser: Browser, slug: string) => (await browser.show(slug)).headers.get('x-gatehouse-run');

describe('a login with a browser that supports device-bound sessions', () => {
  it.each(['ES256', 'RS256'] as const)('binds its session to a key for %s, at every gateway', async (algorithm) => {
    const alice = await logIn(new DeviceBoundBrowser(gateways, algorithm));
    expect(alice.statuses).toEqual([200]);
    expect([await usernameOf(alice), await usernameOf(alice)]).toEqual(['alice', 'alice']);
  });

  it('authenticates requests during the registration by a temporary cookie with DEVICE_CHALLENGE_S as Max-Age', async () => {
    const alice = new DeviceBoundBrowser(gateways);
    await alice.solve('login', { uid_field: 'alice' });
    const { setCookies } = await alice.solve('login', { password: COMMON_PASSWORD });
    const [, early] = /__Host-gatehouse_bound=([^;]+); Max-Age=60;/.exec(setCookies.join()) ?? [];
    const request = thiefOf(alice, 'authentik_session');
    request.plant(early, BOUND_COOKIE);
    expect([alice.cookie(BOUND_COOKIE) === early, await usernameOf(request)]).toEqual([false, 'alice']);
  });

  it('makes a stolen session cookie worthless without the bound cookie of that session', async () => {
    const [alice, mallory] = [await boundBrowser(), await boundBrowser('mallory')];
    const thief = thiefOf(alice, 'authentik_session');
    expect(await usernameOf(thief)).toBeUndefined();
    thief.plant(mallory.cookie(BOUND_COOKIE), BOUND_COOKIE);
    expect(await usernameOf(thief)).toBeUndefined();
    expect(await runOf(thief, 'two-pages')).toBeNull();
    expect([await usernameOf(alice), await usernameOf(mallory)]).toEqual(['alice', 'mallory']);
  });

  it('refuses a second key for its session, and a registration with the cookie of another session', async () => {
    const [alice, other] = [await boundBrowser(), await logIn(new Browser(gateways))];
    expect((await alice.send(REGISTRATION, alice.proof)).status).toBe(400);
    expect((await alice.send(REGISTRATION, undefined)).body).toMatchObject({ code: 'device_proof_invalid' });
    const mallory = new DeviceBoundBrowser(gateways);
    mallory.plant(other.cookie());
    expect((await mallory.send(REGISTRATION, alice.proof)).status).toBe(400);
    for (const name of ['authentik_session', BOUND_COOKIE]) mallory.plant(alice.cookie(name), name);
    const proof = await mallory.signWithNewKey(decodeJwt(alice.proof).jti!);
    expect((await mallory.send(REGISTRATION, proof)).status).toBe(400);
    expect(await usernameOf(other)).toBe('alice');
  });

  it('keeps the session bound when the session key is replaced', async () => {
    const alice = await boundBrowser();
    const before = alice.cookie();
    const bound = alice.cookie(BOUND_COOKIE);
    await logIn(alice);
    expect(alice.cookie()).not.toBe(before);
    expect(alice.cookie(BOUND_COOKIE)).toBe(bound);
    expect(await usernameOf(thiefOf(alice, 'authentik_session'))).toBeUndefined();
    expect([await usernameOf(alice), alice.statuses]).toEqual(['alice', [200]]);
  });
});

describe('a session without a device key', () => {
  it('of a browser without support is authenticated by the session cookie alone', async () => {
    const alice = await logIn(new Browser(gateways));
    expect(await usernameOf(alice)).toBe('alice');
    expect(await usernameOf(thiefOf(alice, 'authentik_session'))).toBe('alice');
  });

  it('is started by a login if DEVICE_BOUND_SESSIONS is off, while bound sessions stay bound', async () => {
    const off = await deployment.openAnotherGateway({ DEVICE_BOUND_SESSIONS: 'false' });
    const carol = await logIn(new DeviceBoundBrowser(off));
    expect([carol.statuses, carol.cookie(BOUND_COOKIE), await usernameOf(carol)]).toEqual([[], undefined, 'alice']);
    const alice = await boundBrowser();
    expect(await usernameOf(new Browser(off, {}, new Map([['authentik_session', alice.cookie()!]])))).toBeUndefined();
    alice.endBoundCookie();
    expect([await usernameOf(alice), alice.statuses]).toEqual(['alice', [200, 403, 200]]);
  });
});

describe('the expiry of the bound cookie', () => {
  it('makes the browser send a proof, and keeps the plan', async () => {
    const alice = await boundBrowser();
    const run = await runOf(alice, 'two-pages');
    alice.endBoundCookie();
    expect(await runOf(alice, 'two-pages')).toBe(run);
    expect(alice.statuses).toEqual([200, 403, 200]);
  });

  it('keeps the plan while the browser cannot refresh the cookie, and requests get 503', async () => {
    const alice = await boundBrowser();
    const run = await runOf(alice, 'two-pages');
    alice.endBoundCookie();
    const [before, challenge] = [alice.cookie(), '/api/v3/flows/executor/for-all/?query='];
    for (const path of [challenge, '/api/v3/core/users/me/', '/if/flow/for-all/', '/flows/-/cancel/']) {
      const { status, headers } = await alice.fetchWithoutRefresh(path);
      expect([path, status, headers.get('retry-after'), alice.cookie()]).toEqual([path, 503, '5', before]);
    }
    expect((await alice.fetchWithoutRefresh(challenge)).body).toMatchObject({ code: 'device_refresh_skipped' });
    expect([await runOf(alice, 'two-pages'), await usernameOf(alice)]).toEqual([run, 'alice']);
  });

  it('lets the visitor start a new session if the bound session has ended', async () => {
    const alice = await boundBrowser();
    await deployment.rows(`DELETE FROM flow.sessions WHERE id = '${alice.session!.id}'`);
    alice.endBoundCookie();
    expect((await alice.fetchWithoutRefresh('/api/v3/flows/executor/for-all/?query=')).status).toBe(200);
  });

  it('ends the binding if another user has logged in meanwhile', async () => {
    const alice = await boundBrowser();
    const mallory = await logIn(new Browser(gateways), 'mallory');
    alice.endBoundCookie();
    alice.plant(mallory.cookie());
    expect([await usernameOf(alice), alice.session]).toEqual(['mallory', undefined]);
  });
});

describe('a proof of the device key', () => {
  it('is accepted once, even when it is sent to two gateways concurrently', async () => {
    const alice = await boundBrowser();
    const { id, refreshUrl } = alice.session!;
    const proof = await alice.sign(await alice.askForChallenge());
    const answers = await Promise.all([1, 2, 3, 4].map(() => alice.send(refreshUrl, proof, id)));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 403, 403, 403]);
    expect((await alice.send(refreshUrl, proof, id)).headers.get('secure-session-challenge')).toContain(`id="${id}"`);
  });

  it('is refused if another key has signed it, or if it is for another session', async () => {
    const [alice, mallory] = [await boundBrowser(), await boundBrowser('mallory')];
    const { id, refreshUrl } = alice.session!;
    const forged = await mallory.sign(await alice.askForChallenge());
    expect((await alice.send(refreshUrl, forged, id)).body).toMatchObject({ code: 'device_proof_invalid' });
    const foreign = await alice.sign(await mallory.askForChallenge());
    expect((await alice.send(refreshUrl, foreign, id)).status).toBe(403);
    const proof = await alice.sign(await alice.askForChallenge());
    expect((await mallory.send(refreshUrl, proof, id)).body).toEqual(ENDED);
    expect(await usernameOf(mallory)).toBe('mallory');
    expect((await alice.send(refreshUrl, proof, '00000000-0000-4000-8000-000000000000')).body).toEqual(ENDED);
    expect((await alice.send(refreshUrl, proof)).body).toEqual(ENDED);
  });

  it('is refused if it is longer than DEVICE_PROOF_BYTES', async () => {
    const alice = await boundBrowser();
    const { id, refreshUrl } = alice.session!;
    const padded = async (length: number) => alice.sign(await alice.askForChallenge(), { padding: 'x'.repeat(length) });
    const [fitting, longer] = [await padded(2600), await padded(3200)];
    expect([fitting.length < 4096, longer.length > 4096]).toEqual([true, true]);
    expect((await alice.send(refreshUrl, longer, id)).body).toMatchObject({ code: 'device_proof_invalid' });
    expect((await alice.send(refreshUrl, fitting, id)).setCookies.join()).toMatch(
      /^__Host-gatehouse_bound=[^;]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('counts towards the anonymous rate limit of its network', async () => {
    const url = await deployment.openAnotherGateway({ ANONYMOUS_RATE: '2', ANONYMOUS_RATE_PERIOD_S: '3600' });
    const browser = new DeviceBoundBrowser(url);
    const statuses = [];
    for (const _ of [1, 2, 3]) statuses.push((await browser.send(REGISTRATION, 'a.b.c')).status);
    expect(statuses).toEqual([400, 400, 429]);
  });
});

describe('a device key that an attacker has bound', () => {
  it('refreshes neither the session in which another user has logged in since, nor another session', async () => {
    const mallory = await boundBrowser('mallory');
    const kiosk = thiefOf(mallory, 'authentik_session', BOUND_COOKIE);
    await logIn(kiosk, 'alice');
    const anonymous = new Browser(gateways);
    await anonymous.show('for-all');
    mallory.plant(anonymous.cookie());
    mallory.endBoundCookie();
    expect([await usernameOf(mallory), mallory.session, mallory.cookie()]).toEqual([
      ...[undefined, undefined, anonymous.cookie()],
    ]);
    kiosk.plant(undefined, BOUND_COOKIE);
    expect(await usernameOf(kiosk)).toBe('alice');
  });

  it('does not refresh the session after a login of the same user in another browser', async () => {
    const mallory = await boundBrowser();
    const victim = thiefOf(mallory, 'authentik_session', BOUND_COOKIE);
    await logIn(victim);
    const anonymous = new Browser(gateways);
    await anonymous.show('for-all');
    for (const cookie of [mallory.cookie(), anonymous.cookie()]) {
      const attempt = await mallory.sign(await mallory.askForChallenge());
      mallory.plant(cookie);
      const { body, setCookies } = await mallory.send(mallory.session!.refreshUrl, attempt, mallory.session!.id);
      expect([body, setCookies]).toEqual([ENDED, []]);
    }
  });
});

describe('the end of a login', () => {
  it('by logout ends the binding: a plan started afterwards needs no bound cookie, and the next login is bound again', async () => {
    const alice = await boundBrowser();
    await alice.show('bye');
    const run = await runOf(alice, 'for-all');
    alice.endBoundCookie();
    expect(await runOf(alice, 'for-all')).toBe(run);
    expect([alice.session, alice.statuses]).toEqual([undefined, [200, 200]]);
    await logIn(alice);
    expect([await usernameOf(alice), alice.session?.cookie]).toEqual(['alice', BOUND_COOKIE]);
  });

  it('by a login of another user binds the new login to a new key', async () => {
    const browser = await boundBrowser();
    const first = browser.proof;
    await logIn(browser, 'mallory');
    expect([await usernameOf(browser), browser.statuses]).toEqual(['mallory', [200, 200]]);
    expect(browser.proof).not.toBe(first);
    expect(await usernameOf(thiefOf(browser, 'authentik_session'))).toBeUndefined();
  });

  it('by a new epoch of the user keeps the anonymous plans, and the next login is bound again', async () => {
    const alice = await boundBrowser();
    await deployment.rows(`UPDATE directory.users SET epoch = epoch + 1 WHERE username = 'alice'`);
    const run = await runOf(alice, 'for-all');
    alice.endBoundCookie();
    expect([await runOf(alice, 'for-all'), await usernameOf(alice)]).toEqual([run, undefined]);
    await logIn(alice);
    expect([await usernameOf(alice), alice.statuses]).toEqual(['alice', [200, 403, 200, 200]]);
  });

  it('by the deletion of the session ends the binding', async () => {
    const alice = await boundBrowser();
    await deployment.rows(`DELETE FROM flow.sessions WHERE id = '${alice.session!.id}'`);
    alice.endBoundCookie();
    expect([await usernameOf(alice), alice.session]).toEqual([undefined, undefined]);
  });
});
