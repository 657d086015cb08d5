import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

/** Delay before the busy indicator is shown. */
const INDICATOR_DELAY_MS = 300;

/**
 * Shows that the page waits, if the reply to an answer takes long: with a spinner in the pressed button and a text for
 * screen readers. If no button was pressed, as for an automatic answer, the spinner and the text are below the step.
 */
export function BusyIndicator() {
  const { busy, pressed, t } = usePage();
  const [place, setPlace] = useState<'button' | 'below'>();
  useEffect(() => {
    if (!busy) return undefined;
    const button = pressed.current?.isConnected ? pressed.current : undefined;
    const timer = setTimeout(() => {
      button?.toggleAttribute('data-busy', true);
      setPlace(button ? 'button' : 'below');
    }, INDICATOR_DELAY_MS);
    return () => {
      clearTimeout(timer);
      button?.removeAttribute('data-busy');
      pressed.current = null;
      setPlace(undefined);
    };
  }, [busy]);
  return (
    <p class={place === 'button' ? 'unseen' : 'patience'} role="status">
      {place === 'below' && <span class="spinner" aria-hidden="true" />}
      {place && t('One moment…')}
    </p>
  );
}
