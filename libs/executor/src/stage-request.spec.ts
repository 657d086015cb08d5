import { expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { flowOf } from '../testing/test-flow.js';

it('a request has step.embedded if its stage is embedded, and only then', async () => {
  const inner = { id: 'inner', name: 'pw', kind: 'secret', model: 'm', config: {} };
  const flow = flowOf([{ kind: 'ident', config: { inner: 'inner' } }, { kind: 'page' }], { inner });
  const { solve, stages } = executorHarness(flow, DEFAULT_REPLIES);
  await solve({ uid: 'alice', password: 'hunter2' });

  expect(stages.hops).toEqual(['ident.respond', 'secret.respond', 'page.challenge']);
  expect(stages.requests.map(({ step }) => step.embedded)).toEqual([undefined, true, undefined]);
});

it.each([
  ['retry', undefined],
  ['restart', true],
  ['restart_with_context', true],
] as const)('a stage request with onRefusal %s has starts_over: %s', async (onRefusal, startsOver) => {
  const { show, stages } = executorHarness(flowOf([{ kind: 'page', onRefusal }]), DEFAULT_REPLIES);
  await show();

  expect(stages.requests.map(({ step }) => step.starts_over)).toEqual([startsOver]);
});

it('a request has the `login_hint` of its query until the plan restarts and the visitor may type another name', async () => {
  const flow = flowOf([{ kind: 'secret', onRefusal: 'restart' }]);
  const { show, solve, stages } = executorHarness(flow, { ...DEFAULT_REPLIES, 'secret.respond': rejectedReply() });
  const query = { login_hint: 'alice', next: '/app' };
  await show({ query });
  await solve({ password: 'wrong' }, { query });

  const kept = { next: '/app' };
  expect(stages.hops).toEqual(['secret.challenge', 'secret.respond', 'secret.challenge']);
  expect(stages.requests.map((request) => request.query)).toEqual([query, query, kept]);
});

it('a request has the applications of the session, and loads them, only for a stage that may log out', async () => {
  const { show, solve, stages, applications } = executorHarness(
    flowOf([{ kind: 'page' }, { kind: 'logout' }, { kind: 'page' }]),
    DEFAULT_REPLIES,
  );
  const shop = { name: 'The shop', url: 'https://shop.example/bye' };
  applications.applications.push(shop);
  await show();
  await solve({ word: 'x' });

  expect(stages.hops).toEqual(['page.challenge', 'page.respond', 'logout.challenge', 'page.challenge']);
  expect(stages.requests.map(({ session }) => session.applications)).toEqual([undefined, undefined, [shop], undefined]);
  expect(applications.lookups).toBe(1);
});
