import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DuoServer, duoAccount } from '../../libs/stages/testing/duo-server.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';

const DUO = {
  stage: 'authenticator_duo.authenticatorduostage',
  attrs: {
    api_hostname: duoAccount.host,
    client_id: duoAccount.integrationKey,
    client_secret: duoAccount.secretKey,
    admin_integration_key: duoAccount.integrationKey,
    admin_secret_key: duoAccount.secretKey,
  },
};
const VALIDATE = { stage: 'authenticator_validate.authenticatorvalidatestage', attrs: { device_classes: ['duo'] } };

let duo: DuoServer;
let deployment: Deployment;
beforeAll(async () => {
  duo = await DuoServer.open();
  deployment = await Deployment.open({
    services: [...SERVICES, 'mfa'],
    environment: { DUO_URL: duo.url, DUO_TIMEOUT_S: '1' },
    blueprints: [
      blueprint(
        ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'].map((username) => userEntry(username)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
        flowEntries('enrol', [IDENTIFICATION, PASSWORD, DUO, LOGIN]),
        flowEntries('phone', [DUO], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
      ),
    ],
  });
});
afterAll(async () => {
  await deployment?.close();
  await duo?.close();
});
beforeEach(() => {
  duo.outage = undefined;
});

const accountOf = (username: string) => [...duo.users.values()].find((user) => user.username === username)!;

async function identified(username: string): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}

/** Returns the browser of a user who has proved a password and paired a phone. */
async function withPhone(username: string): Promise<Browser> {
  const browser = await identified(username);
  await browser.show('phone');
  accountOf(username).paired = true;
  expect((await browser.solve('phone', {})).body['component']).toBe('xak-flow-redirect');
  return browser;
}

describe('pairing a phone with Duo', () => {
  const status = (browser: Browser, stage: unknown) =>
    browser.fetch(`/api/v3/stages/authenticator/duo/${String(stage)}/enrollment_status/`, { method: 'POST' });

  it('reports its status only to the session that started it', async () => {
    const browser = await identified('alice');
    const { body } = await browser.show('phone');
    expect(body).toMatchObject({
      component: 'ak-stage-authenticator-duo',
      activation_code: expect.stringMatching(/^duo:/),
    });
    const stage = body['stage_uuid'];
    expect(await status(browser, stage)).toMatchObject({ status: 200, body: { duo_response: 'waiting' } });
    accountOf('alice').paired = true;
    expect((await status(browser, stage)).body).toEqual({ duo_response: 'success' });
    duo.outage = 500;
    expect((await status(browser, stage)).status).toBe(503);
    duo.outage = undefined;
    for (const other of [deployment.browser(), await identified('bob')])
      expect(await status(other, stage)).toMatchObject({ status: 400, text: '' });
    for (const unknown of ['a1b2c3d4-0000-4000-8000-000000000001', 'x', '..%2f'])
      expect((await status(browser, unknown)).status).toBe(404);
    expect((await browser.solve('phone', {})).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await status(browser, stage)).status).toBe(400);
  });

  it('is completed by an answer with the step id, even after the page has polled the status', async () => {
    const browser = await identified('erin');
    const { body, headers } = await browser.show('phone');
    expect((await status(browser, body['stage_uuid'])).body).toEqual({ duo_response: 'waiting' });
    accountOf('erin').paired = true;
    expect((await status(browser, body['stage_uuid'])).body).toEqual({ duo_response: 'success' });
    const named = { 'content-type': 'application/json', 'x-gatehouse-step': headers.get('x-gatehouse-step')! };
    const answer = { method: 'POST', headers: named, body: '{}' };
    const { body: next } = await browser.fetch('/api/v3/flows/executor/phone/?query=', answer);
    expect(next).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('returns 503 while Duo is down', async () => {
    const browser = await identified('bob');
    duo.outage = 500;
    const { status: code, headers } = await browser.show('phone');
    expect([code, headers.get('retry-after')]).toEqual([503, '1']);
  });
});

describe('a user with an existing Duo phone', () => {
  it('gets the device by the command `user import-duo`, and must then use it to log in', async () => {
    const { id } = duo.add('dave');
    const stage = 'phone 0 authenticator_duo.authenticatorduostage';
    expect(await deployment.user(['import-duo', stage])).toMatch(/^1 devices imported/);
    expect(await deployment.user(['import-duo', stage])).toMatch(/^0 devices imported\n\d+ exist already/);
    expect(await deployment.rows('SELECT FROM mfa.devices WHERE handle = $1', [id])).toHaveLength(1);
    expect((await recordedEvents(deployment, 'command_run')).map(({ data }) => [data.actor, data.context])).toEqual([
      [{ type: 'system', command: 'user import-duo' }, { counts: [{ name: 'duo devices', count: 1 }] }],
    ]);
    await expect(deployment.user(['import-duo', 'another'])).rejects.toMatchObject({ code: 1 });
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'dave' });
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({
      component: 'ak-stage-authenticator-validate',
      device_challenges: [{ device_class: 'duo' }],
    });
  });
});

describeInChromium('Duo in a browser', () => {
  const chromium = useChromium();

  it('pairs a phone: the page continues automatically when the phone is paired', async () => {
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/if/flow/enrol/?next=/if/user/`);
    await page.fill('input[name=uid_field]', 'frank');
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'QR code for the Duo app' }).waitFor();
    accountOf('frank').paired = true;
    await page.getByText('You are signed in as frank.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows the number of a push and waits for the approval', async () => {
    await withPhone('carol');
    accountOf('carol').verified = true;
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/if/flow/login/?next=/if/user/`);
    await page.fill('input[name=uid_field]', 'carol');
    await page.keyboard.press('Enter');
    await page.fill('input[name=password]', 'correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByText('Enter this number in the Duo app on your phone.').waitFor();
    await page.getByText('042931').waitFor();
    duo.answerPush('allow');
    await page.getByText('You are signed in as carol.').waitFor();
    expect(duo.pushes).toHaveLength(1);
    expect(complaints).toEqual([]);
  });
});
