import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Envelope } from '../challenges/envelope.js';

interface Shown {
  readonly step: number;
  readonly challenge: Envelope;
  /** The heading of the shown part of the step. Undefined if the whole step is shown. */
  readonly partHeading: string | undefined;
}

/**
 * Returns the ref of the element in which the focus moves after each answer, and when another part of the step is
 * shown. The focus moves to the first invalid field, else to the first field, else to the heading.
 */
export function useFocus({ step, challenge, partHeading }: Shown) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const moveFocus = () =>
    FOCUS_TARGETS.map((target) => main.current?.querySelector<HTMLElement>(target))
      .find(Boolean)
      ?.focus();
  // A layout effect runs in the same frame as the new step. A key that is pressed before the focus moves would be lost.
  useLayoutEffect(() => {
    // Do not move the focus at the first step: it uses `autofocus`, and the visitor may be typing already.
    if (!isFirst.current) moveFocus();
    isFirst.current = false;
  }, [step, challenge]);
  useEffect(() => {
    // Moves the focus only if no element has it, because the clicked button is gone. A new field may have taken the
    // focus already.
    if (partHeading !== undefined && document.activeElement === document.body) moveFocus();
  }, [partHeading]);
  return main;
}

const FOCUS_TARGETS = ['[aria-invalid] input, [aria-invalid]:not(fieldset)', '[autofocus]', 'h1'];
