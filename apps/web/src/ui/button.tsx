import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

type Props = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly plain?: boolean;
  readonly children: ComponentChildren;
};

/** A button that is disabled with aria-disabled while an answer is sent, so that it keeps the focus. */
export function Button({ plain = false, children, ...attributes }: Props) {
  const { busy } = usePage();
  return (
    <button class={plain ? 'plain' : 'main'} aria-disabled={busy || undefined} {...attributes}>
      {children}
    </button>
  );
}

/** Delay before the busy indicator is shown. */
const INDICATOR_DELAY_MS = 300;

/** Shows that the page waits, if the reply to an answer takes long. */
export function BusyIndicator() {
  const { busy, t } = usePage();
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!busy) return setLong(false);
    const timer = setTimeout(() => setLong(true), INDICATOR_DELAY_MS);
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
