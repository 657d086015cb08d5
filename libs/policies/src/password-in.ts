type Bag = Readonly<Record<string, unknown>>;

/** Message of a policy if neither the form nor the context has a password. */
export const NO_PASSWORD = 'Password not set in context';

/** Returns the password in a field of the form, otherwise the password in the context. Empty if there is none. */
export function passwordIn(context: Bag, field: string): string {
  const promptData = context['prompt_data'] as Bag | undefined;
  const value = promptData?.[field] ?? context[field] ?? '';
  return typeof value === 'string' ? value : '';
}
