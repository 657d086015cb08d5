import { useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';

/** Puts a text where it can be pasted from, and says so. */
export function Copy({ text, label }: { text: string; label: string }) {
  const { t } = usePage();
  const [said, say] = useState('');
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => say(t('Copied.')),
      () => say(t('Copying is not allowed here.')),
    );
  return (
    <>
      <button type="button" class="plain scripted" onClick={() => void copy()}>
        {label}
      </button>
      <span class="hint" role="status">
        {said}
      </span>
    </>
  );
}
