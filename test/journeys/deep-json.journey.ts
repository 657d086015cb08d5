import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry, NO_PASSWORD_YET } from '../support/policy-entries.js';
import { asking, fieldEntry } from '../support/prompts.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    apart: ['policy'],
    services: ['identification', 'password', 'session', 'enrollment', 'policy'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        fieldEntry('form', ['data', 'text_area'], { label: 'Data' }),
        expressionEntry('reads JSON', 'import json\nreturn json.loads(context["prompt_data"]["data"]) == []'),
        flowEntries('form', [asking('form', ['data'], ['policy reads JSON'])]),
        expressionEntry('no password yet', NO_PASSWORD_YET),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        boundEntry('login-1 bound', 'no password yet'),
      ),
    ],
  });
}, 120_000);
afterAll(() => deployment.close());

/**
 * 9000 nested arrays that are never closed, within the 10,000 characters of a prompt field. A parser notices only at
 * the end of the text that it is incomplete.
 */
const NESTED = '['.repeat(9000);

/** Returns the process ids of the policy service and of its Python processes. */
const policyProcesses = () => {
  const pid = deployment.pidOf('policy');
  return [pid, readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()];
};

describe('a hundred concurrent requests with deeply nested JSON', () => {
  it('are refused or fail their policy; meanwhile a user can log in, and no policy process ends', async () => {
    // The first expression starts the last Python process.
    await deployment.browser().solve('form', { data: '[1]' });
    const before = policyProcesses();
    const parsed = Array.from({ length: 50 }, async () => {
      const { status, body } = await deployment.browser().solve('form', { data: NESTED });
      return [status, Object.keys(body['response_errors'] ?? {})];
    });
    const refused = Array.from({ length: 50 }, async () => {
      const { status, body } = await deployment.browser().post('form', `{"data":${NESTED}`);
      return [status, body['code']];
    });
    const alice = deployment.browser();
    await alice.solve('login', { uid_field: 'alice' });
    expect((await alice.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
    expect(new Set((await Promise.all(parsed)).map(String))).toEqual(new Set(['200,non_field_errors']));
    expect(new Set((await Promise.all(refused)).map(String))).toEqual(new Set(['400,malformed_json']));
    expect(policyProcesses()).toEqual(before);
  }, 60_000);
});
