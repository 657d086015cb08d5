import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { title: 'First' })),
    ],
  });
});
afterAll(() => deployment.close());

it('a flow that is edited while a login is under way changes the next login, not that one', async () => {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: 'alice' });

  const said = await deployment.apply(
    blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN, DUMMY], { title: 'Second' })),
  );
  expect(said).toMatch(/login/);

  expect((await browser.show('login')).body).toMatchObject({
    component: 'ak-stage-password',
    flow_info: { title: 'First' },
  });
  expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  const next = deployment.browser();
  await next.solve('login', { uid_field: 'alice' });
  expect((await next.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({
    component: 'ak-stage-dummy',
    flow_info: { title: 'Second' },
  });
});

it('a blueprint that is not right changes nothing, and says which entry and which field', async () => {
  const broken = blueprint(flowEntries('login', [IDENTIFICATION], { title: 'Third' }), {
    model: 'authentik_flows.flow',
    identifiers: { slug: 'not a slug' },
    attrs: { name: 'x', title: 'x', designation: 'authentication' },
  });

  await expect(deployment.apply(broken)).rejects.toMatchObject({ stderr: expect.stringMatching(/slug/) });
  expect((await deployment.browser().show('login')).body).toMatchObject({ flow_info: { title: 'Second' } });
});

it('an edited flow is the next one at every gateway, at once, and so is whom it is for (accident 57)', async () => {
  const gateways = [deployment.browser(), new Browser(await deployment.openAnotherGateway())];
  const shown = () => Promise.all(gateways.map(async (at) => (await at.show('changing')).body));
  const page = (title: string) => ({ component: 'ak-stage-dummy', flow_info: { title } });
  for (const title of ['One', 'Two']) {
    await deployment.apply(blueprint(flowEntries('changing', [DUMMY], { title })));
    for (const at of gateways) await at.fetch('/flows/-/cancel/');
    expect(await shown()).toMatchObject([page(title), page(title)]);
  }
  await deployment.apply(blueprint(flowEntries('changing', [DUMMY], { authentication: 'require_authenticated' })));
  for (const at of gateways) await at.fetch('/flows/-/cancel/');

  const denied = { component: 'ak-stage-access-denied' };
  expect(await shown()).toMatchObject([denied, denied]);
});
