import type { Translate } from '@gatehouse/texts/browser';
import { useEffect, useState } from 'preact/hooks';
import type { Challenge, PreviewPageData } from '../page.js';
import { previewOf } from './executor.js';

interface PreviewProps {
  readonly preview: PreviewPageData;
  readonly t: Translate;
}

/** Says on top of each step that the page is a preview. */
export const PreviewBanner = ({ preview: { version, user }, t }: PreviewProps) => (
  <p class="notice" role="note">
    {t('This is a preview of version {version} as the user {user}. Nobody is logged in, and nothing is sent.', {
      ...{ version, user },
    })}
  </p>
);

/** Lists what the run of a preview would have caused, such as mails. */
export function PreviewPanel({ preview, challenge, t }: PreviewProps & { challenge: Challenge }) {
  const [notes, setNotes] = useState(preview.notes);
  useEffect(() => {
    const added = previewOf(challenge)?.notes ?? [];
    if (added.length > 0) setNotes((before) => [...before, ...added]);
  }, [challenge]);
  return (
    <aside class="inspector" aria-labelledby="preview">
      <h2 id="preview">{t('Preview')}</h2>
      <h3>{t('What would have happened')}</h3>
      {notes.length === 0 && <p class="hint">{t('Nothing so far.')}</p>}
      <ol>
        {notes.map(({ what, details }, i) => (
          <li key={i}>
            <strong>{what}</strong>
            <pre class="trace" tabIndex={0} role="region" aria-label={what}>
              {JSON.stringify(details, undefined, 2)}
            </pre>
          </li>
        ))}
      </ol>
    </aside>
  );
}
