import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, LOGOUT, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { PageSocket } from '../support/page-socket.js';

let deployment: Deployment;
let otherGateway: string;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('bye', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
  });
  otherGateway = await deployment.openAnotherGateway();
});
afterAll(() => deployment.close());

type Visitor = ReturnType<Deployment['browser']>;

/** Opens the WebSocket of a page of this visitor at a gateway. */
const openPage = (visitor: Visitor, gateway = otherGateway) =>
  PageSocket.open(gateway, { cookie: `authentik_session=${visitor.cookie()}`, origin: deployment.url });

const text = (message: string) => ({ message_type: 'message', level: 'success', tags: 'success', message });

it('a page at another gateway gets the login message in its language, and can reconnect with the new session key', async () => {
  // The client sends the request for its WebSocket and its first other request at the same time, so neither has a
  // cookie.
  const first = await PageSocket.open(otherGateway, { origin: deployment.url });
  const visitor = deployment.browser('de');
  await visitor.solve('login', { uid_field: 'alice' });
  const [page, other] = [await openPage(visitor), await openPage(deployment.browser())];

  expect(await visitor.solve('login', { password: 'correct-horse-7' })).toMatchObject({ body: { to: '/' } });
  expect(await page.next()).toEqual(text('Sie sind angemeldet!'));
  expect(await page.closed).toBe(1000);
  expect([first.waiting, other.waiting, other.ws.readyState]).toEqual([[], [], WebSocket.OPEN]);

  const back = await openPage(visitor);
  expect((await visitor.fetch('/api/v3/core/users/me/')).status).toBe(200);
  await visitor.show('bye');
  expect(await back.closed).toBe(1000);
  for (const socket of [first, other]) await socket.close();
});

it('a WebSocket closes when its session is ended by another browser', async () => {
  const [visitor, other] = [deployment.browser(), deployment.browser()];
  for (const browser of [visitor, other]) {
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: 'correct-horse-7' });
  }
  const page = await openPage(visitor);
  const sessions = '/api/v3/core/authenticated_sessions/';
  const { results } = (await visitor.fetch(sessions)).body as { results: { uuid: string; current: boolean }[] };
  const own = results.find(({ current }) => current)!;
  expect((await other.fetch(`${sessions}${own.uuid}/`, { method: 'DELETE' })).status).toBe(204);
  expect(await page.closed).toBe(1000);
});

it('WebSockets stay open while NATS is down, and get messages again afterwards', async () => {
  const visitor = deployment.browser();
  await visitor.solve('login', { uid_field: 'alice' });
  const page = await openPage(visitor, deployment.url);
  await deployment.stopBus();
  expect((await visitor.fetch('/api/v3/flows/executor/login/?query=')).status).toBe(503);
  await deployment.startBus();

  await visitor.solve('login', { password: 'correct-horse-7' });
  expect(await page.next()).toEqual(text('Successfully logged in!'));
  expect(await page.closed).toBe(1000);
});

it('a gateway that stops closes its WebSockets with 1001, so that their pages connect to another gateway', async () => {
  const visitor = deployment.browser();
  await visitor.solve('login', { uid_field: 'alice' });
  const page = await openPage(visitor, deployment.url);
  await deployment.stop('gateway');
  expect(await page.closed).toBe(1001);
  await (await openPage(visitor)).close();
});
