import { defineStage, type StageContract, type StageReply, type StageRequest } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ALICE } from '../../testing/test-flow.js';
import { StageClient } from '../ports/clients.js';
import { PreviewNotes } from './preview-notes.js';
import { PreviewStageClient } from './preview-stages.js';

/** A client that counts requests. */
class InMemoryStageClient extends StageClient {
  requests = 0;
  async send(): Promise<StageReply> {
    this.requests++;
    return { type: 'passed' };
  }
}

const writing = (preview: StageContract['preview']): StageContract =>
  defineStage({
    ...{ kind: 'writing', component: undefined, model: undefined, service: 'session', acts: false, preview },
    ...{ config: z.object({}), challenge: z.object({}), response: z.object({}), state: z.object({}) },
  });

/**
 * Sends a request about the test user to a stage whose contract has this `preview` rule. Returns the number of requests
 * that reached the stage, and the notes.
 */
async function send(preview: StageContract['preview'], config: object) {
  const [stages, notes] = [new InMemoryStageClient(), new PreviewNotes()];
  const request = { step: { name: 'write' }, config, context: { pending_user: ALICE }, session: { user: null } };
  const client = new PreviewStageClient(stages, ALICE.uuid, notes);
  await client.send(writing(preview), 'challenge', request as unknown as StageRequest);
  return { requests: stages.requests, notes: notes.all };
}

it('a preview leaves out a stage whose config would write another user than the test user', async () => {
  const rule = {
    changes_user: true,
    leaves_out: ({ creates }: Readonly<Record<string, unknown>>) => creates === true,
  } as const;
  expect(await send(rule, { creates: true })).toEqual({
    requests: 0,
    notes: [{ what: 'left_out', details: { step: 'write', kind: 'writing' } }],
  });
  expect(await send(rule, { creates: false })).toEqual({ requests: 1, notes: [] });
});
