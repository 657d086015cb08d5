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

it('an edited flow applies to the next login, not to a running login', async () => {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: 'alice' });

  const output = await deployment.apply(
    blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN, DUMMY], { title: 'Second' })),
  );
  expect(output).toMatch(/login/);

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

it('an invalid blueprint changes nothing, and the error names the entry and the field', async () => {
  const invalidBlueprint = blueprint(flowEntries('login', [IDENTIFICATION], { title: 'Third' }), {
    model: 'authentik_flows.flow',
    identifiers: { slug: 'not a slug' },
    attrs: { name: 'x', title: 'x', designation: 'authentication' },
  });

  await expect(deployment.apply(invalidBlueprint)).rejects.toMatchObject({ stderr: expect.stringMatching(/slug/) });
  expect((await deployment.browser().show('login')).body).toMatchObject({ flow_info: { title: 'Second' } });
});

it('an edited flow and its authentication requirement apply at once at every gateway (accident 57)', async () => {
  const gateways = [deployment.browser(), new Browser(await deployment.openAnotherGateway())];
  const challenges = () => Promise.all(gateways.map(async (gateway) => (await gateway.show('changing')).body));
  const page = (title: string) => ({ component: 'ak-stage-dummy', flow_info: { title } });
  for (const title of ['One', 'Two']) {
    await deployment.apply(blueprint(flowEntries('changing', [DUMMY], { title })));
    for (const gateway of gateways) await gateway.fetch('/flows/-/cancel/');
    expect(await challenges()).toMatchObject([page(title), page(title)]);
  }
  await deployment.apply(blueprint(flowEntries('changing', [DUMMY], { authentication: 'require_authenticated' })));
  for (const gateway of gateways) await gateway.fetch('/flows/-/cancel/');

  const denied = { component: 'ak-stage-access-denied' };
  expect(await challenges()).toMatchObject([denied, denied]);
});
