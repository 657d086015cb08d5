import { useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

/** A button that copies a text to the clipboard and reports the result. */
export function Copy({ text, label }: { text: string; label: string }) {
  const { t } = usePage();
  const [message, setMessage] = useState('');
  const copy = async () => {
    try {
      // Browsers have no clipboard for pages over plain HTTP.
      await navigator.clipboard.writeText(text);
      setMessage(t('Copied.'));
    } catch {
      setMessage(t('Copying is not allowed here.'));
    }
  };
  return (
    <>
      <button type="button" class="plain scripted" onClick={() => void copy()}>
        {label}
      </button>
      <span class="hint" role="status">
        {message}
      </span>
    </>
  );
}
