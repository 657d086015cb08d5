import type { PromptField } from '../src/prompt/prompt.contract.js';

/** A field of a form, for tests to change where it matters. */
export const field = (given: Partial<PromptField> & Pick<PromptField, 'type'>): PromptField => ({
  ...{ id: `id of ${given.field_key ?? 'value'}`, name: 'a field', field_key: 'value', label: 'Value', required: true },
  ...{ placeholder: '', initial_value: '', sub_text: '', order: 0 },
  ...{ placeholder_expression: false, initial_value_expression: false },
  ...given,
});
