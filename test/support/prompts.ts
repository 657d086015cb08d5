import { keyOf } from './blueprints.js';

interface Given {
  readonly label?: string;
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly placeholder_expression?: boolean;
  readonly initial_value?: string;
  readonly initial_value_expression?: boolean;
}

/** A field of a form, by blueprint. */
export const fieldEntry = (form: string, [key, type]: readonly [key: string, type: string], attrs: Given = {}) => ({
  model: 'authentik_stages_prompt.prompt',
  id: `${form} ${key}`,
  identifiers: { name: `${form} ${key}` },
  attrs: { field_key: key, label: key, type, ...attrs },
});

/** What a prompt stage asks: fields of a form by their keys, and policies. */
export const asking = (form: string, keys: readonly string[], policies: readonly string[] = []) => ({
  stage: 'prompt.promptstage',
  attrs: {
    fields: keys.map((key) => keyOf(`${form} ${key}`)),
    validation_policies: policies.map((policy) => keyOf(policy)),
  },
});

/** Writes a user. */
export const writing = (mode: string) => ({
  stage: 'user_write.userwritestage',
  attrs: { user_creation_mode: mode },
});
