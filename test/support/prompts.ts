import { keyOf } from './blueprints.js';

interface PromptAttributes {
  readonly label?: string;
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly placeholder_expression?: boolean;
  readonly initial_value?: string;
  readonly initial_value_expression?: boolean;
}

/** Returns the blueprint entry of a prompt field of a form. */
export const fieldEntry = (
  form: string,
  [key, type]: readonly [key: string, type: string],
  attrs: PromptAttributes = {},
) => ({
  model: 'authentik_stages_prompt.prompt',
  id: `${form} ${key}`,
  identifiers: { name: `${form} ${key}` },
  attrs: { field_key: key, label: key, type, ...attrs },
});

/** Returns a prompt stage with validation policies and with those fields of `form` that `keys` names. */
export const asking = (form: string, keys: readonly string[], policies: readonly string[] = []) => ({
  stage: 'prompt.promptstage',
  attrs: {
    fields: keys.map((key) => keyOf(`${form} ${key}`)),
    validation_policies: policies.map((policy) => keyOf(policy)),
  },
});

/** Returns a user write stage. */
export const writing = (mode: string) => ({
  stage: 'user_write.userwritestage',
  attrs: { user_creation_mode: mode },
});
