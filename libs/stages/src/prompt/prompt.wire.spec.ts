import { expect, it } from 'vitest';
import { promptChallenge } from './prompt.wire.js';

it('the prompt challenge accepts choices that are texts, as services before 1.0 send them during a deployment', () => {
  const field = { field_key: 'a', label: 'A', type: 'dropdown', required: true, placeholder: '', initial_value: 'x' };
  const { fields } = promptChallenge.parse({ fields: [{ ...field, order: 0, sub_text: '', choices: ['x'] }] });
  expect(fields[0]?.choices).toEqual([{ value: 'x', label: 'x' }]);
});
