import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { ACME_KEY, ACME_PEM, FRIENDLY, hostileModule, recordingServer, signedModule } from '../support/page-modules.js';
import { PageShell } from '../support/page-shell.js';

describeInChromium('a page module', () => {
  const chromium = useChromium();
  const answers: unknown[] = [];
  let deployment: Deployment;
  let stages: NatsConnection;
  let outside: Awaited<ReturnType<typeof recordingServer>>;

  const challenge = { word: 'Where?' };
  const object = { type: 'object' };
  const descriptorOf = (kind: string, module: object) => ({
    ...{ v: 1, kind, component: kind.replaceAll('_', '-'), config: object, state: object, guesses: false },
    challenge: { type: 'object', properties: { word: { type: 'string' } } },
    response: { type: 'object', properties: { place: { type: 'string', title: 'Place' } }, required: ['place'] },
    page: { title: 'Your place', module },
  });
  const replyTo = ({ response = {} }: { response?: Record<string, unknown> }) => {
    answers.push(response);
    return response['place'] === 'here'
      ? { type: 'passed' }
      : { type: 'rejected', challenge, errors: { place: [{ text: 'Not there.' }] } };
  };

  /** Serves a stage whose page has a module, and publishes a flow with it. */
  async function publish(kind: string, module: object) {
    const serve = (verb: string, answer: (request: Record<string, unknown>) => unknown) =>
      stages.subscribe(`stage.${kind}.${verb}`, {
        callback: (_, message) => void message.respond(JSON.stringify(answer(message.json()))),
      });
    serve('describe', () => descriptorOf(kind, module));
    serve('challenge', () => ({ type: 'challenge', challenge }));
    serve('respond', replyTo);
    await stages.flush();
    const flow = kind.replaceAll('_', '-');
    await deployment.apply(blueprint(flowEntries(flow, [IDENTIFICATION, { stage: kind }, LOGIN])));
    return flow;
  }

  beforeAll(async () => {
    const gateway = { STAGE_PAGE_KEYS: ACME_KEY };
    deployment = await Deployment.open({ gateway, blueprints: [blueprint(userEntry('alice'))] });
    stages = await connect({ servers: deployment.nats.url });
    outside = await recordingServer();
  });
  afterAll(async () => {
    outside?.close();
    await stages?.close();
    await deployment?.close();
  });

  async function reach(page: Page, flow: string) {
    await page.goto(`${deployment.url}/if/flow/${flow}/?next=%2Fif%2Fuser%2F`);
    await page.getByRole('textbox').fill('alice');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your place' }).waitFor();
  }

  /** Returns the frame of the module once the module is ready. */
  async function moduleOf(page: Page): Promise<Frame> {
    await page.locator('iframe.module:not(.unready)').waitFor();
    return page.frames().find((frame) => frame.parentFrame() !== null)!;
  }

  it('replaces the form, and gets the challenge, the language and errors; its answers pass the step', async () => {
    const flow = await publish('x_acme_place', signedModule('x_acme_place', FRIENDLY));
    const { page, complaints } = await chromium.open();
    await reach(page, flow);
    const frame = await moduleOf(page);
    expect(await page.getByLabel('Place').count()).toBe(0);
    expect(await page.locator('iframe').getAttribute('height')).toBe('222');
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
    await frame.getByText('Where? | en').waitFor();
    await frame.getByRole('button', { name: 'Wrong' }).click();
    await frame.getByText('Where? | en | Not there.').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('Not there.');
    await frame.getByRole('button', { name: 'Right' }).click();
    await page.getByText('You are signed in as alice.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('is signed and run as docs/reference/external-stage-pages.md says', async () => {
    const page = DocumentedCommands.of('docs/reference/external-stage-pages.md');
    const shell = await PageShell.open(() => Promise.reject(new Error('no operator command is expected')));
    await shell.write('page.js', page.block('js', /addEventListener/));
    await shell.write('acme.pem', ACME_PEM);
    const { stdout, stderr } = await shell.run(page.block('sh', /^npm run sign:stage-page/));
    await shell.close();
    expect(stderr).toBe(`STAGE_PAGE_KEYS=${ACME_KEY}\n`);
    const flow = await publish('x_acme_map', JSON.parse(stdout) as object);
    const { page: tab, complaints } = await chromium.open();
    await reach(tab, flow);
    await (await moduleOf(tab)).getByRole('button', { name: 'Where?' }).click();
    await expect.poll(() => answers).toContainEqual(expect.objectContaining({ place: '48.1,11.6' }));
    expect(await tab.locator('iframe').getAttribute('height')).toBe('120');
    expect(complaints).toEqual([]);
  });

  it('cannot reach the page, its storage, the network or another window, nor send fields that are not described', async () => {
    const flow = await publish('x_acme_spy', signedModule('x_acme_spy', hostileModule(outside.url)));
    const { page } = await chromium.open();
    await reach(page, flow);
    const address = page.url();
    const frame = await moduleOf(page);
    const results = await frame.evaluate(() => (globalThis as unknown as { results: Record<string, string> }).results);
    expect(Object.entries(results).filter(([, result]) => !result.startsWith('refused: '))).toEqual([]);
    expect(Object.keys(results)).toHaveLength(16);

    answers.length = 0;
    await frame.evaluate(() => {
      const { port } = globalThis as unknown as { port: MessagePort };
      for (const fields of [
        { place: 'here', component: 'ak-stage-password' },
        { password: 'x' },
        { place: { x: 1 } },
        7,
      ])
        port.postMessage({ type: 'answer', fields });
      port.postMessage({ type: 'height', height: 333 });
    });
    await page.locator('iframe[height="333"]').waitFor();
    await frame.evaluate((target) => location.assign(target), `${outside.url}/self`);
    await page.getByLabel('Place').waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
    expect([page.url(), page.context().pages().length, answers, outside.received]).toEqual([address, 1, [], []]);
  });

  it('is not run if it was changed after it was signed, or is signed by another vendor; the form is drawn', async () => {
    const { signature } = signedModule('x_acme_forged', FRIENDLY);
    const forged = await publish('x_acme_forged', { code: `${FRIENDLY} `, signature });
    const foreign = await publish('x_other_map', signedModule('x_other_map', FRIENDLY));
    for (const flow of [forged, foreign]) {
      const { page, complaints } = await chromium.open();
      await reach(page, flow);
      await page.getByLabel('Place').fill('here');
      expect(await page.locator('iframe').count()).toBe(0);
      await page.keyboard.press('Enter');
      await page.getByText('You are signed in as alice.').waitFor();
      expect(complaints).toEqual([]);
    }
  });

  it('is replaced by the built-in form if it is not ready in three seconds, and without JavaScript', async () => {
    const flow = await publish('x_acme_mute', signedModule('x_acme_mute', 'document.title = "loaded"'));
    const { page } = await chromium.open();
    await page.clock.install();
    await reach(page, flow);
    await page.locator('iframe').waitFor({ state: 'attached' });
    await page.clock.fastForward(3000);
    await page.locator('iframe').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Place').isVisible()).toBe(true);
    const { page: scriptless } = await chromium.open({ javaScriptEnabled: false });
    await reach(scriptless, flow);
    await scriptless.getByLabel('Place').fill('here');
    await scriptless.keyboard.press('Enter');
    await scriptless.getByText('You are signed in as alice.').waitFor();
  });
});
