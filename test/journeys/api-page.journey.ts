import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleResponse } from '../../apps/web/src/api/example.js';
import { nameOf, type Schemas } from '../../apps/web/src/api/schema.js';
import { faultsOf } from '../support/access.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]))],
  });
});
afterAll(() => deployment.close());

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
}

describe('the API page', () => {
  it('shows every operation of the published schema without JavaScript', async () => {
    const { text, status } = await deployment.browser().fetch('/api/v3/');
    const { paths } = (await deployment.browser().fetch('/api/v3/schema/?format=json')).body as unknown as Document;
    const names = Object.values(paths).flatMap((item) =>
      Object.values(item).flatMap(({ operationId }) => operationId ?? []),
    );

    expect(status).toBe(200);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(text).toContain(`id="${name}"`);
    expect(text).toContain('/api/v3/flows/executor/{flow_slug}/');
    expect(text).toContain('/-/health/live/');
  });

  it('builds an example response with all required fields for every component', async () => {
    const { schemas } = (await deployment.browser().fetch('/api/v3/schema/?format=json')).body['components'] as {
      schemas: Schemas;
    };
    const components = Object.entries(schemas['FlowChallengeResponseRequest']?.discriminator?.mapping ?? {});

    expect(components.length).toBeGreaterThan(10);
    for (const [component, $ref] of components) {
      const answer = exampleResponse(component, schemas);
      const required = schemas[nameOf($ref)]?.required ?? [];
      expect(answer).toMatchObject({ component });
      expect(Object.keys(answer ?? {})).toEqual(expect.arrayContaining([...required]));
    }
    expect(exampleResponse('xak-flow-redirect', schemas)).toBeUndefined();
  });

  it('allows only its own scripts and styles by CSP', async () => {
    const { headers, text } = await deployment.browser().fetch('/api/v3/');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'nonce-[^']+'; /);
    expect(text).not.toMatch(/ (on\w+|style)=/);
  });
});

describeInChromium('the API page in a browser', () => {
  const chromium = useChromium();

  it('renders schemas that the visitor expanded before the script loaded', async () => {
    const { page } = await chromium.open();
    let loadScript = () => {};
    const expanded = new Promise<void>((resolve) => {
      loadScript = resolve;
    });
    await page.route(/\.js$/, (route) => expanded.then(() => route.continue()));
    await page.goto(`${deployment.url}/api/v3/`, { waitUntil: 'commit' });
    const solve = page.locator('#flows_executor_solve');
    await solve.locator('summary').first().click();
    await solve.locator('summary', { hasText: 'ChallengeTypes' }).first().click();
    loadScript();
    const nested = solve.locator('summary', { hasText: 'ak-stage-password' }).first();
    await nested.waitFor();
    expect(await nested.isVisible()).toBe(true);
  });

  it('expands nested schemas and runs a flow with prefilled responses, without accessibility violations', async () => {
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}/api/v3/`);
    const solve = page.locator('#flows_executor_solve');
    await solve.locator('summary').first().click();
    await solve.locator('summary', { hasText: 'ChallengeTypes' }).first().click();
    await solve.locator('summary', { hasText: 'ak-stage-password' }).first().click();
    await solve.getByText('pending_user_avatar').first().waitFor();
    const answer = page.getByLabel('Your answer');
    const post = page.getByRole('button', { name: 'POST the answer' });
    await page.getByLabel('Query of its page').fill('next=/x');
    await page.getByRole('button', { name: 'GET the challenge' }).click();
    await answer.waitFor();
    expect(JSON.parse(await answer.inputValue())).toMatchObject({
      component: 'ak-stage-identification',
      uid_field: '',
    });
    await answer.fill('{');
    await post.click();
    expect(await page.getByRole('alert').textContent()).toBe('This is no JSON.');
    await answer.fill('{"component":"ak-stage-identification","uid_field":"alice"}');
    await post.click();
    await page.getByRole('status').getByText('ak-stage-password').waitFor();
    expect(JSON.parse(await answer.inputValue())).toEqual({ component: 'ak-stage-password', password: '' });
    await answer.fill('{"component":"ak-stage-password","password":"correct-horse-7"}');
    await post.click();
    await page.getByRole('status').getByText('xak-flow-redirect').waitFor();

    expect(await page.getByLabel('What came back').textContent()).toContain('"to": "/x"');
    expect(await answer.count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
