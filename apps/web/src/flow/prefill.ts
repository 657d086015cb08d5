import { useLayoutEffect } from 'preact/hooks';

/** Values that a password manager fills into invisible fields of an earlier step, for the step that asks for them. */
export interface Prefill {
  readonly password: string;
  readonly code: string;
}

/** Kept in memory only, so that the values are lost when the page is left. */
let kept: Partial<Prefill> = {};

/** Replaces the values that are kept for later steps. */
export const keepPrefill = (prefill: Partial<Prefill>): void => {
  kept = prefill;
};

/** Fills a field with the kept value when the field appears, and then forgets the value. */
export function usePrefill(fieldId: string, part: keyof Prefill | undefined): void {
  useLayoutEffect(() => {
    const field = document.getElementById(fieldId);
    const text = part && kept[part];
    if (!part || !text || !(field instanceof HTMLInputElement)) return;
    kept = { ...kept, [part]: '' };
    field.value = text;
  }, []);
}
