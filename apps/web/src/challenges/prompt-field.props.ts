import type { WireMessage } from './envelope.js';

/** A field of a prompt challenge. */
export interface PromptFieldData {
  readonly field_key: string;
  readonly label: string;
  readonly type: string;
  readonly required: boolean;
  readonly placeholder: string;
  readonly initial_value: string;
  readonly sub_text: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[] | null;
}

/** The properties of a component that renders a field of a prompt challenge. */
export interface PromptFieldProps {
  readonly field: PromptFieldData;
  readonly errors?: readonly WireMessage[] | undefined;
  readonly first: boolean;
}
