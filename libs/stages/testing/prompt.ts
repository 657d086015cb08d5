import type { PromptField } from '../src/prompt/prompt.contract.js';

/** Returns a field of a form with default values, overridden by `overrides`. */
export const field = (overrides: Partial<PromptField> & Pick<PromptField, 'type'>): PromptField => ({
  ...{
    id: `id of ${overrides.field_key ?? 'value'}`,
    name: 'a field',
    field_key: 'value',
    label: 'Value',
    required: true,
  },
  ...{ placeholder: '', initial_value: '', sub_text: '', order: 0 },
  ...{ placeholder_expression: false, initial_value_expression: false },
  ...overrides,
});
