import { type StageRequest, stageSubject } from '@gatehouse/contracts';
import { InProcessBus } from '@gatehouse/platform';
import { stages } from '@gatehouse/stages';
import { expect, it } from 'vitest';
import { NatsStageClient } from './nats-stage.client.js';

const { contract } = stages['password']!;
const request: StageRequest = {
  ...{ v: 1, id: 'plan.0', timeout_ms: 1000, locale: 'en' },
  flow: { slug: 'login', title: 'Login', designation: 'authentication' },
  step: { id: 's', name: 'password', confirmed: false },
  site: {
    base_url: 'https://id.example.org',
    rp_id: 'id.example.org',
    brand: 'Example',
    flows: {},
    api_version: '2024.8',
  },
  client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false, cookies: {} },
  ...{ session: { user: null }, query: {}, config: {}, attached: {}, companions: {}, context: {} },
};

/** Sends an answer to a stage that gives this reply. Returns the problem, and the busy flows and unserved stages. */
async function answerOf(reply: object | undefined) {
  const bus = new InProcessBus();
  if (reply) bus.serve(stageSubject('password', 'respond'), (_data, respond) => respond(JSON.stringify(reply)));
  const reported: [string, number][] = [];
  const admission = { reportBusy: (...report: [string, number]) => void reported.push(report) };
  const unserved: string[] = [];
  const outages = { report: (kind: string) => void unserved.push(kind), end: () => undefined };
  const client = new NatsStageClient(await bus.openRequester(), admission, {
    labels: { kindOf: (kind) => kind },
    outages,
  });
  const problem = await client.send(contract, 'respond', request).catch((error: unknown) => error);
  return { problem, reported, unserved };
}

it('the stage client reports the flow of a busy stage as busy, with the seconds after which to try again', async () => {
  expect(await answerOf({ problem: { code: 'stage_busy', retry_after_s: 4 } })).toEqual({
    problem: expect.objectContaining({ code: 'stage_busy', retryAfterS: 4 }),
    reported: [['login', 4]],
    unserved: [],
  });
});

it.each([
  ['stage_fault', { problem: { code: 'stage_fault' } }, []],
  ['stage_away', undefined, ['password']],
])(
  'the problem %s of a stage is not reported as busy; a stage without a service is reported as unserved',
  async (code, reply, unserved) => {
    expect(await answerOf(reply)).toEqual({
      problem: expect.objectContaining({ code, stage: 'password' }),
      reported: [],
      unserved,
    });
  },
);
