import { useLayoutEffect } from 'preact/hooks';

/** What a password manager can fill in before the page asks for it. */
export interface Prefill {
  readonly password: string;
  readonly code: string;
}

/** In the memory of the page only, so that it ends with the page. */
let kept: Partial<Prefill> = {};

/** Keeps what a password manager has filled in for later steps. */
export const keepPrefill = (prefill: Partial<Prefill>): void => {
  kept = prefill;
};

/** Puts what was kept into a field when the field appears, once. */
export function usePrefill(fieldId: string, part: keyof Prefill | undefined): void {
  useLayoutEffect(() => {
    const field = document.getElementById(fieldId);
    const text = part && kept[part];
    if (!part || !text || !(field instanceof HTMLInputElement)) return;
    kept = { ...kept, [part]: '' };
    field.value = text;
  }, []);
}
