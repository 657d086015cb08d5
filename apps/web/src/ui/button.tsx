import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

type Props = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly plain?: boolean;
  readonly children: ComponentChildren;
};

/** A button that is out of reach while an answer is under way, and stays where the focus is. */
export function Button({ plain = false, children, ...attributes }: Props) {
  const { busy } = usePage();
  return (
    <button class={plain ? 'plain' : 'main'} aria-disabled={busy || undefined} {...attributes}>
      {children}
    </button>
  );
}

/** How long an answer may take before somebody is told to wait. */
const UNNOTICED_MS = 300;

/** Says that something takes its time; nothing when it does not. */
export function BusyIndicator() {
  const { busy, t } = usePage();
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!busy) return setLong(false);
    const timer = setTimeout(() => setLong(true), UNNOTICED_MS);
    return () => clearTimeout(timer);
  }, [busy]);
  return (
    <p class="patience" role="status">
      {long && (
        <>
          <span class="spinner" aria-hidden="true" />
          {t('One moment…')}
        </>
      )}
    </p>
  );
}
