import { char, defineStage, secret } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stageRequestFixture } from '../testing/index.js';
import { secretTexts } from './secret-texts.js';

const contract = defineStage({
  kind: 'riddle',
  component: 'ak-stage-riddle',
  model: 'samples.riddle',
  service: 'sample',
  config: z.object({ word: secret(z.string()), title: z.string() }),
  challenge: z.object({}),
  response: z.object({ word: char() }),
  state: z.object({ key: secret(z.object({ parts: z.array(z.string()) })), failures: z.int(), note: z.string() }),
  reads: {},
  errors: {},
});
const textsOf = (request: object) => secretTexts(contract, { ...stageRequestFixture({}), ...request });

describe('the secret texts of a request to a stage', () => {
  it('are all texts of the response, at any depth and in fields that are not in the contract', () => {
    const response = { word: 'friend', devices: [{ code: '123456' }], count: 3, none: null };
    expect(textsOf({ response })).toEqual(['friend', '123456']);
  });

  it('are the texts of the config and state fields that the contract marks as secret', () => {
    const config = { word: 'mellon', title: 'A riddle' };
    const state = { key: { parts: ['left', 'right'] }, failures: 1, note: 'open' };
    expect(textsOf({ config, state })).toEqual(['mellon', 'left', 'right']);
  });

  it('are the secret facts of the plan, and the names and addresses of the user', () => {
    const context = {
      pending_user: { uuid: 'u1', username: 'alice', email: 'alice@example.org', name: 'Alice Adams' },
      pending_user_identifier: 'al',
      prompt_data: { phone: '+15550100' },
      source_email: 'adams@example.net',
      email: 'other@example.org',
      auth_method: 'password',
    };
    expect(textsOf({ context }).sort()).toEqual(
      [
        ...['+15550100', 'Alice Adams', 'adams@example.net', 'al', 'alice', 'alice@example.org', 'other@example.org'],
      ].sort(),
    );
  });

  it.each([[undefined], [null], ['text'], [[]], [{}], [{ context: 'text', config: null, state: 3, response: true }]])(
    'are an empty list for a request without them: %j',
    (body) => {
      expect(secretTexts(contract, body)).toEqual([]);
    },
  );
});
