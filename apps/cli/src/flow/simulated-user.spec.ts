import { flowVersionOf } from '@gatehouse/plan/testing';
import { allAnswers, type StageOutcome } from '@gatehouse/simulation';
import { expect, it } from 'vitest';
import { asUser } from './simulated-user.js';

const USER = { id: 'u', is_active: true, is_superuser: false, groups: [], devices: [] };
const outcome = (name: string, proofs: StageOutcome['proofs'] = []): StageOutcome => ({
  ...{ name, proofs, reply: name === 'denied' ? { type: 'denied' } : { type: 'passed' } },
});

it('a simulated user without a device can pass an external second factor, because only its service knows who has a credential', () => {
  const answersAt = (kind: string) => {
    const version = flowVersionOf([{ kind, id: 'step' }]);
    const { id, stage } = version.steps[0]!;
    const outcomes = [outcome('passed', ['further']), outcome('denied')];
    const step = { id, name: stage.name, stage: stage.id, kind };
    const question = { type: 'stage', step, outcomes, answers: outcomes.map(({ name }) => name) } as const;
    return asUser(USER, version)(allAnswers).choose(question, []);
  };
  expect(answersAt('x_acme_pin')).toEqual(['passed', 'denied']);
  expect(answersAt('authenticator_validate')).toEqual(['denied']);
});
